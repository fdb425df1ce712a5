package main

// Who is in which group, and which transaction is open? What the requests in requests.go refer to.

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

var producer *kmsg.InitProducerIDResponse

func (server *connection) produce(topic string, records []byte) {
	request := kmsg.NewProduceRequest()
	request.Version, request.Acks, request.TimeoutMillis = 9, -1, 5000
	if producer != nil {
		request.TransactionID = pointer("tx")
	}
	request.Topics = []kmsg.ProduceRequestTopic{{Topic: topic, Partitions: []kmsg.ProduceRequestTopicPartition{{Records: records}}}}
	server.report(&request)
}

// begin begins a transaction with the partitions 0 of topics.
func (server *connection) begin(topics ...string) {
	initialize := kmsg.NewInitProducerIDRequest()
	initialize.Version, initialize.TransactionalID, initialize.TransactionTimeoutMillis = 4, pointer("tx"), 60000
	initialize.ProducerID, initialize.ProducerEpoch = -1, -1
	// the markers of the last transaction may still be on their way
	server.until(func() bool {
		producer = server.ask(&initialize).(*kmsg.InitProducerIDResponse)
		return producer.ErrorCode == 0
	})
	if len(topics) > 0 {
		add := adding(3, topics...)
		server.until(func() bool { return len(errorCodes(server.ask(&add))) == 0 })
	}
}

func adding(version int16, topics ...string) kmsg.AddPartitionsToTxnRequest {
	add := kmsg.NewAddPartitionsToTxnRequest()
	add.Version, add.TransactionalID, add.ProducerID, add.ProducerEpoch = version, "tx", producer.ProducerID, producer.ProducerEpoch
	transaction := kmsg.NewAddPartitionsToTxnRequestTransaction()
	transaction.TransactionalID, transaction.ProducerID, transaction.ProducerEpoch = "tx", producer.ProducerID, producer.ProducerEpoch
	for _, topic := range topics {
		add.Topics = append(add.Topics, kmsg.AddPartitionsToTxnRequestTopic{Topic: topic, Partitions: []int32{0}})
		transaction.Topics = append(transaction.Topics, kmsg.AddPartitionsToTxnRequestTransactionTopic{Topic: topic, Partitions: []int32{0}})
	}
	add.Transactions = []kmsg.AddPartitionsToTxnRequestTransaction{transaction}
	return add
}

func (server *connection) addOffsets() {
	add := kmsg.NewAddOffsetsToTxnRequest()
	add.Version, add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = 3, "tx", producer.ProducerID, producer.ProducerEpoch, group
	server.report(&add)
}

func (server *connection) end(commit bool) {
	end := kmsg.NewEndTxnRequest()
	end.Version, end.TransactionalID, end.ProducerID, end.ProducerEpoch, end.Commit = 3, "tx", producer.ProducerID, producer.ProducerEpoch, commit
	server.report(&end)
	producer = nil
}

var joined struct {
	group, member string
	generation    int32
}

var groups int

// newGroup picks a name that no group has.
func newGroup(*connection) {
	groups++
	joined.group, joined.member, joined.generation = fmt.Sprintf("g%d", groups), "", 0
}

func joining(version int16) kmsg.JoinGroupRequest {
	join := kmsg.NewJoinGroupRequest()
	join.Version, join.Group, join.MemberID = version, joined.group, joined.member
	join.SessionTimeoutMillis, join.RebalanceTimeoutMillis, join.ProtocolType = 6000, 6000, "consumer"
	// without the name of a static member, version 4 and later want a second request
	if version >= 5 {
		join.InstanceID = pointer(member)
	}
	join.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "range", Metadata: []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}}
	join.Reason = pointer("test")
	return join
}

func syncing(version int16) kmsg.SyncGroupRequest {
	sync := kmsg.NewSyncGroupRequest()
	sync.Version, sync.Group, sync.MemberID, sync.Generation = version, joined.group, joined.member, joined.generation
	sync.ProtocolType, sync.Protocol = pointer("consumer"), pointer("range")
	sync.GroupAssignment = []kmsg.SyncGroupRequestGroupAssignment{{MemberID: joined.member, MemberAssignment: []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}}
	return sync
}

func joinNewGroup(server *connection) {
	newGroup(server)
	join := joining(3)
	response := server.ask(&join).(*kmsg.JoinGroupResponse)
	joined.member, joined.generation = response.MemberID, response.Generation
	sync := syncing(3)
	server.ask(&sync)
}

func leave(server *connection) {
	leaving := kmsg.NewLeaveGroupRequest()
	leaving.Version, leaving.Group, leaving.MemberID = 2, joined.group, joined.member
	server.ask(&leaving)
}

// uuid is a member id as consumers of the new protocol make them.
func uuid(last int16) string { return fmt.Sprintf("AAAAAAAAQACAAAAAAAAA%02d", last) }

// consumerGroupRequests are those of KIP-848: a member that joins, and what its group looks like.
var consumerGroupRequests = []asked{
	{key: 68, fill: about(func(r *kmsg.ConsumerGroupHeartbeatRequest, version int16) {
		r.Group, r.MemberID, r.RebalanceTimeoutMillis = fmt.Sprintf("new%d", version), uuid(version), 6000
		r.SubscribedTopicNames, r.ServerAssignor, r.Topics = []string{topic}, pointer("uniform"), []kmsg.ConsumerGroupHeartbeatRequestTopic{}
	})},
	{key: 69, fill: about(func(r *kmsg.ConsumerGroupDescribeRequest, version int16) {
		r.Groups = []string{fmt.Sprintf("new%d", version)}
	})},
}
