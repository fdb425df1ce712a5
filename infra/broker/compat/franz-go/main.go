// What does franz-go do when it is told a scenario of ../scenarios.ts? Prints what it saw, a JSON object a line.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

type facts map[string]any

var options struct {
	Address, Codec, Protocol string
	Security                 *security
}

var background, _ = context.WithTimeout(context.Background(), time.Minute)
var admin *kadm.Client

func main() {
	check(json.Unmarshal([]byte(os.Args[2]), &options))
	admin = kadm.NewClient(must(kgo.NewClient(base()...)))
	map[string]func(){
		"records": records, "positions": positions, "group": group, "commits": commits, "static": static, "fenced": fenced,
		"admin": administer, "idempotence": idempotence, "transactions": transactions,
	}[os.Args[1]]()
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func say(seen any) { fmt.Println(string(must(json.Marshal(seen)))) }

func until(done func() bool, what string) {
	for end := time.Now().Add(40 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			check(fmt.Errorf("waited 40 s for %s", what))
		}
	}
}

func base() []kgo.Opt {
	return append(secured(options.Security), kgo.SeedBrokers(options.Address), kgo.MetadataMinAge(100*time.Millisecond))
}

func client(opts ...kgo.Opt) *kgo.Client {
	opts = append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.AllowAutoTopicCreation())
	return must(kgo.NewClient(append(base(), opts...)...))
}

func codecs() map[string]kgo.CompressionCodec {
	return map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
}

func write(to *kgo.Client, values ...string) {
	var sent []*kgo.Record
	for _, value := range values {
		sent = append(sent, &kgo.Record{Topic: "t", Value: []byte(value)})
	}
	check(to.ProduceSync(background, sent...).FirstErr())
}

func numbers(count int) []string {
	var texts []string
	for number := range count {
		texts = append(texts, strconv.Itoa(number))
	}
	return texts
}

func read(count int, position int64, isolation kgo.IsolationLevel) []*kgo.Record {
	from := map[string]map[int32]kgo.Offset{"t": {0: kgo.NewOffset().At(position)}}
	reading := client(kgo.ConsumePartitions(from), kgo.FetchIsolationLevel(isolation))
	defer reading.Close()
	return take(reading, count)
}

func take(reading *kgo.Client, count int) []*kgo.Record {
	var taken []*kgo.Record
	for len(taken) < count {
		fetches := reading.PollFetches(background)
		check(fetches.Err0())
		taken = append(taken, fetches.Records()...)
	}
	return taken[:count]
}

func texts(records []*kgo.Record) []string {
	var values []string
	for _, record := range records {
		values = append(values, string(record.Value))
	}
	return values
}

func create(partitions int32, configs map[string]*string) error {
	_, err := admin.CreateTopic(background, partitions, 1, configs, "t")
	return err
}

func text(value []byte) *string {
	if value == nil {
		return nil
	}
	read := string(value)
	return &read
}

func bytes(value *string) []byte {
	if value == nil {
		return nil
	}
	return []byte(*value)
}

func records() {
	type record struct {
		Offset  int64        `json:"offset"`
		Key     *string      `json:"key"`
		Value   *string      `json:"value"`
		Headers [][2]*string `json:"headers"`
		Time    int64        `json:"time"`
	}
	var sent []*kgo.Record
	for input := json.NewDecoder(os.Stdin); input.More(); {
		var each record
		check(input.Decode(&each))
		made := &kgo.Record{Topic: "t", Key: bytes(each.Key), Value: bytes(each.Value), Timestamp: time.UnixMilli(each.Time)}
		for _, header := range each.Headers {
			made.Headers = append(made.Headers, kgo.RecordHeader{Key: *header[0], Value: bytes(header[1])})
		}
		sent = append(sent, made)
	}
	writing := client(kgo.ProducerBatchCompression(codecs()[options.Codec]))
	// a producer would ask to be let in again and again
	check(writing.Ping(background))
	check(writing.ProduceSync(background, sent...).FirstErr())
	for _, each := range read(len(sent), 0, kgo.ReadCommitted()) {
		headers := [][2]*string{}
		for _, header := range each.Headers {
			headers = append(headers, [2]*string{&header.Key, text(header.Value)})
		}
		say(record{each.Offset, text(each.Key), text(each.Value), headers, each.Timestamp.UnixMilli()})
	}
}

func positions() {
	var sent []*kgo.Record
	for number, value := range numbers(100) {
		sent = append(sent, &kgo.Record{Topic: "t", Value: []byte(value), Timestamp: time.UnixMilli(1000 + int64(number))})
	}
	check(client().ProduceSync(background, sent...).FirstErr())
	offset := func(offsets kadm.ListedOffsets, err error) int64 {
		listed, _ := must(offsets, err).Lookup("t", 0)
		return listed.Offset
	}
	found := offset(admin.ListOffsetsAfterMilli(background, 1050, "t"))
	end := offset(admin.ListEndOffsets(background, "t"))
	seen := facts{"beginning": offset(admin.ListStartOffsets(background, "t")), "end": end, "atTime1050": found, "afterAll": nil}
	seen["at40"] = texts(read(1, 40, kgo.ReadCommitted()))[0]
	seen["valueAtTime1050"] = texts(read(1, found, kgo.ReadCommitted()))[0]
	// kadm answers the end where there is no later record
	if after := offset(admin.ListOffsetsAfterMilli(background, 5000, "t")); after != end {
		seen["afterAll"] = after
	}
	say(seen)
}

func administer() {
	retention := "1000000"
	say(facts{"brokers": len(must(admin.ListBrokers(background)))})
	check(create(2, map[string]*string{"retention.ms": &retention}))
	partitions := func() int { return len(must(admin.ListTopics(background, "t"))["t"].Partitions) }
	topics := func() []string { return append([]string{}, must(admin.ListTopics(background)).Names()...) }
	// franz-go remembers for a moment what it was told last
	until(func() bool { return len(topics()) > 0 && partitions() > 0 }, "the new topic")
	say(facts{"topics": topics(), "partitions": partitions()})
	say(facts{"again": create(2, nil).(*kerr.Error).Message})
	check(must(admin.UpdatePartitions(background, 3, "t")).Error())
	until(func() bool { return partitions() > 2 }, "the new partition")
	say(facts{"grown": partitions()})
	current := func() string {
		resource := must(must(admin.DescribeTopicConfigs(background, "t")).On("t", nil))
		for _, config := range resource.Configs {
			if config.Key == "retention.ms" {
				return *config.Value
			}
		}
		return ""
	}
	say(facts{"retention": current()})
	altered := "2000000"
	must(admin.AlterTopicConfigs(background, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &altered}}, "t"))
	say(facts{"altered": current()})
	writing := client()
	write(writing, numbers(10)...)
	// it would ask for its topic again, and thereby create it
	writing.Close()
	before := kadm.Offsets{}
	before.Add(kadm.Offset{Topic: "t", At: 6})
	check(must(admin.DeleteRecords(background, before)).Error())
	start, _ := must(admin.ListStartOffsets(background, "t")).Lookup("t", 0)
	say(facts{"beginning": start.Offset})
	joined := join("eager")
	check(joined.CommitRecords(background, take(joined.Client, 1)...))
	joined.Close()
	say(facts{"groups": must(admin.ListGroups(background)).Groups(), "state": must(admin.DescribeGroups(background, "g"))["g"].State})
	must(admin.DeleteGroup(background, "g"))
	must(admin.DeleteTopic(background, "t"))
	left := append([]string{}, must(admin.ListGroups(background)).Groups()...)
	var topicsLeft []string
	until(func() bool {
		topicsLeft = topics()
		return len(topicsLeft) == 0
	}, "the topic's end")
	say(facts{"groupsLeft": left, "topicsLeft": topicsLeft})
}

func idempotence() {
	write(client(kgo.ProducerBatchMaxBytes(1000)), numbers(1000)...)
	say(facts{"values": texts(read(1000, 0, kgo.ReadCommitted()))})
}

func transactions() {
	check(create(1, nil))
	writing := client(kgo.TransactionalID("tx"))
	transaction := func(commit kgo.TransactionEndTry, offset int64, values ...string) error {
		check(writing.BeginTransaction())
		for _, value := range values {
			if err := writing.ProduceSync(background, &kgo.Record{Topic: "t", Value: []byte(value)}).FirstErr(); err != nil {
				return err
			}
		}
		if offset > 0 {
			commitWithin(writing, offset)
		}
		return writing.EndTransaction(background, commit)
	}
	committed := func() int64 {
		found, _ := must(admin.FetchOffsets(background, "g")).Lookup("t", 0)
		return found.At
	}
	check(transaction(kgo.TryCommit, 7, "a", "b"))
	say(facts{"offset": committed()})
	check(transaction(kgo.TryAbort, 9, "c", "d"))
	say(facts{"offsetAborted": committed()})
	check(transaction(kgo.TryCommit, 0, "e"))
	say(facts{"committed": texts(read(3, 0, kgo.ReadCommitted())), "uncommitted": texts(read(5, 0, kgo.ReadUncommitted()))})
	next := client(kgo.TransactionalID("tx"))
	_, _, err := next.ProducerID(background)
	check(err)
	err = transaction(kgo.TryCommit, 0, "f")
	say(facts{"isFenced": err != nil && (strings.Contains(err.Error(), "PRODUCER_FENCED") || strings.Contains(err.Error(), "INVALID_PRODUCER_EPOCH"))})
}

// commitWithin commits an offset of the group g within the producer's transaction.
func commitWithin(writing *kgo.Client, offset int64) {
	id, epoch, err := writing.ProducerID(background)
	check(err)
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = "tx", id, epoch, "g"
	check(kerr.ErrorForCode(must(add.RequestWith(background, writing)).ErrorCode))
	commit := kmsg.NewPtrTxnOffsetCommitRequest()
	commit.TransactionalID, commit.ProducerID, commit.ProducerEpoch, commit.Group, commit.Generation = "tx", id, epoch, "g", -1
	partition := kmsg.NewTxnOffsetCommitRequestTopicPartition()
	partition.Offset, partition.LeaderEpoch = offset, -1
	commit.Topics = []kmsg.TxnOffsetCommitRequestTopic{{Topic: "t", Partitions: []kmsg.TxnOffsetCommitRequestTopicPartition{partition}}}
	check(kerr.ErrorForCode(must(commit.RequestWith(background, writing)).Topics[0].Partitions[0].ErrorCode))
}
