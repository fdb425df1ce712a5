// What does each version of each request look like? Asks for every one that the server and franz-go's kmsg both know, once, through the
// proxy of ../../record-frames.mjs, which keeps the frames.
//
// usage: go run ./record <address of the proxy> [<API keys, with commas between>]
//
//	go run ./record <address of a proxy of a listener with SASL/PLAIN> <user> <password>
package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const topic, group, member = "t", "g", "static"

var ids = map[string][16]byte{}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func pointer[T any](value T) *T { return &value }

func main() {
	var only []string
	if len(os.Args) == 3 {
		only = strings.Split(os.Args[2], ",")
	}
	if len(os.Args) > 3 {
		recordSasl(os.Args[1], os.Args[2], os.Args[3])
		return
	}
	server := dial(os.Args[1])
	versions := server.versions()
	setUp(server)
	for _, each := range append(requests, consumerGroupRequests...) {
		if only != nil && !slices.Contains(only, strconv.Itoa(int(each.key))) {
			continue
		}
		known := versions[each.key]
		for version := known.min; version <= known.max; version++ {
			if each.before != nil {
				each.before(server)
			}
			request := kmsg.RequestForKey(each.key)
			request.SetVersion(version)
			each.fill(request, version)
			server.report(request)
			if each.after != nil {
				each.after(server)
			}
		}
	}
}

// setUp makes what the requests are about: topics with records, one of them with an aborted transaction, and coordinators that are there.
func setUp(server *connection) {
	create := kmsg.NewCreateTopicsRequest()
	create.Version, create.TimeoutMillis = 5, 5000
	for _, name := range []string{topic, "aborted"} {
		create.Topics = append(create.Topics, newTopic(name))
	}
	server.ask(&create)
	for kind, key := range []string{group, "tx"} {
		find := kmsg.NewFindCoordinatorRequest()
		find.Version, find.CoordinatorType, find.CoordinatorKey = 3, int8(kind), key
		server.until(func() bool { return server.ask(&find).(*kmsg.FindCoordinatorResponse).ErrorCode == 0 })
	}
	server.until(func() bool {
		metadata := kmsg.NewMetadataRequest()
		metadata.Version = 12
		for _, name := range []string{topic, "aborted"} {
			metadata.Topics = append(metadata.Topics, kmsg.MetadataRequestTopic{Topic: pointer(name)})
		}
		for _, each := range server.ask(&metadata).(*kmsg.MetadataResponse).Topics {
			if each.ErrorCode != 0 || len(each.Partitions) == 0 || each.Partitions[0].Leader < 0 {
				return false
			}
			ids[*each.Topic] = each.TopicID
		}
		return true
	})
	server.produce(topic, batch("k", "v", -1, -1))
	server.begin("aborted")
	server.produce("aborted", batch("k", "v", producer.ProducerID, producer.ProducerEpoch))
	server.end(false)
}

func newTopic(name string) kmsg.CreateTopicsRequestTopic {
	created := kmsg.NewCreateTopicsRequestTopic()
	created.Topic, created.NumPartitions, created.ReplicationFactor = name, 1, 1
	created.Configs = []kmsg.CreateTopicsRequestTopicConfig{{Name: "retention.ms", Value: pointer("604800000")}}
	return created
}

func recordSasl(address, user, password string) {
	for version := int16(0); version <= 2; version++ {
		server := dial(address)
		handshake := kmsg.NewSASLHandshakeRequest()
		handshake.Version, handshake.Mechanism = min(version, 1), "PLAIN"
		server.report(&handshake)
		if handshake.Version == 0 {
			server = dial(address)
			handshake.Version = 1
			server.ask(&handshake)
		}
		authenticate := kmsg.NewSASLAuthenticateRequest()
		authenticate.Version, authenticate.SASLAuthBytes = version, []byte("\x00"+user+"\x00"+password)
		server.report(&authenticate)
	}
}

func (server *connection) until(done func() bool) {
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			must(0, fmt.Errorf("the server does not get ready"))
		}
	}
}

// report asks and says what came of it.
func (server *connection) report(request kmsg.Request) {
	name := strings.TrimSuffix(kmsg.NameForKey(request.Key()), "Request")
	response, err := server.try(request)
	if err != nil {
		fmt.Printf("%s v%d: %v\n", name, request.GetVersion(), err)
		return
	}
	if codes := errorCodes(response); len(codes) > 0 {
		fmt.Printf("%s v%d: error codes %v\n", name, request.GetVersion(), codes)
	}
}
