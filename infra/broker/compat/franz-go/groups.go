package main

// How do members of a group share its partitions, go on where it committed, and keep their names?

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// member is one of a group; what it was assigned is known at any time.
type member struct {
	*kgo.Client
	lock     sync.Mutex
	parts    map[int32]bool
	changes  atomic.Int32
	assigned chan struct{}
}

func join(protocol string, opts ...kgo.Opt) *member {
	joined := &member{parts: map[int32]bool{}}
	change := func(has bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
			joined.lock.Lock()
			defer joined.lock.Unlock()
			// franz-go also calls it when nothing has changed
			if len(changed["t"]) > 0 {
				joined.changes.Add(1)
			}
			for _, part := range changed["t"] {
				if has {
					joined.parts[part] = true
				} else {
					delete(joined.parts, part)
				}
			}
		}
	}
	opts = append(opts, kgo.ConsumerGroup("g"), kgo.ConsumeTopics("t"), kgo.DisableAutoCommit(), kgo.HeartbeatInterval(200*time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.OnPartitionsAssigned(change(true)), kgo.OnPartitionsRevoked(change(false)),
		kgo.OnPartitionsLost(change(false)))
	switch protocol {
	case "eager":
		opts = append(opts, kgo.Balancers(kgo.RangeBalancer()))
	case "cooperative":
		opts = append(opts, kgo.Balancers(kgo.CooperativeStickyBalancer()))
	case "consumer":
		opts = append(opts, kgo.ServerSideBalancer())
	}
	joined.Client = client(opts...)
	return joined
}

func (each *member) count() int {
	each.lock.Lock()
	defer each.lock.Unlock()
	return len(each.parts)
}

func shared(members []*member, counts []int) func() bool {
	return func() bool {
		var have []int
		all := map[int32]bool{}
		for _, each := range members {
			have = append(have, each.count())
			each.lock.Lock()
			maps.Copy(all, each.parts)
			each.lock.Unlock()
		}
		slices.Sort(have)
		sum := 0
		for _, count := range counts {
			sum += count
		}
		return slices.Equal(have, counts) && len(all) == sum
	}
}

func group() {
	check(create(6, nil))
	var members []*member
	settle := func(name string, counts ...int) {
		until(shared(members, counts), name)
		say(facts{name: counts})
	}
	for index, counts := range [][]int{{6}, {3, 3}, {2, 2, 2}} {
		members = append(members, join(options.Protocol))
		settle([]string{"one", "two", "three"}[index], counts...)
	}
	members[0].Close()
	members = members[1:]
	settle("left", 3, 3)
	var sent []*kgo.Record
	for number, value := range numbers(60) {
		sent = append(sent, &kgo.Record{Topic: "t", Partition: int32(number % 6), Value: []byte(value)})
	}
	check(client().ProduceSync(background, sent...).FirstErr())
	seen := map[string]bool{}
	until(func() bool {
		for _, each := range members {
			short, cancel := context.WithTimeout(background, 50*time.Millisecond)
			for _, record := range each.PollFetches(short).Records() {
				seen[fmt.Sprint(record.Partition, record.Offset)] = true
			}
			cancel()
		}
		return len(seen) >= 60
	}, "all records")
	say(facts{"read": len(seen)})
	for _, each := range members {
		each.Close()
	}
}

func commits() {
	check(create(1, nil))
	write(client(), numbers(10)...)
	next := func(name string) *member {
		joined := join(options.Protocol)
		say(facts{name: texts(take(joined.Client, 1))[0]})
		return joined
	}
	first := next("first")
	offsets := kadm.Offsets{}
	offsets.Add(kadm.Offset{Topic: "t", At: 4, LeaderEpoch: -1, Metadata: "note"})
	var failure error
	first.CommitOffsetsSync(background, map[string]map[int32]kgo.EpochOffset{"t": {0: {Epoch: -1, Offset: 4}}},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, _ *kmsg.OffsetCommitResponse, err error) {
			failure = err
		})
	check(failure)
	first.Close()
	check(admin.CommitAllOffsets(background, "g", offsets))
	committed, _ := must(admin.FetchOffsets(background, "g")).Lookup("t", 0)
	say(facts{"committed": committed.At, "metadata": committed.Metadata})
	next("next").Close()
	reset := kadm.Offsets{}
	reset.Add(kadm.Offset{Topic: "t", At: 2, LeaderEpoch: -1})
	check(admin.CommitAllOffsets(background, "g", reset))
	next("reset").Close()
}

func static() {
	check(create(2, nil))
	named := func(name string) *member {
		return join("eager", kgo.InstanceID(name))
	}
	other, first := named("b"), named("a")
	until(shared([]*member{first, other}, []int{1, 1}), "a partition for each")
	say(facts{"assigned": []int{1, 1}})
	before := other.changes.Load()
	first.Close()
	first = named("a")
	until(shared([]*member{first, other}, []int{1, 1}), "the member that comes back")
	say(facts{"back": []int{1, 1}, "rebalancesOfTheOther": other.changes.Load() - before})
}

func fenced() {
	check(create(1, nil))
	first := join("eager", kgo.InstanceID("a"))
	until(func() bool { return first.count() == 1 }, "the first member's partition")
	join("eager", kgo.InstanceID("a"))
	until(func() bool {
		short, cancel := context.WithTimeout(background, 50*time.Millisecond)
		defer cancel()
		err := first.PollFetches(short).Err()
		return err != nil && strings.Contains(err.Error(), kerr.FencedInstanceID.Message)
	}, "the fenced member's error")
	say(facts{"isFenced": true})
}
