package main

// What is asked, API by API? Each request names what is there, so that its response says something.

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

type asked struct {
	key    int16
	before func(server *connection)
	fill   func(request kmsg.Request, version int16)
	after  func(server *connection)
}

// about fills a request whose type is known.
func about[R kmsg.Request](fill func(request R, version int16)) func(kmsg.Request, int16) {
	return func(request kmsg.Request, version int16) { fill(request.(R), version) }
}

func commit(server *connection) { server.end(true) }

var requests = []asked{
	{key: 0, fill: about(func(r *kmsg.ProduceRequest, version int16) {
		records := batch("k", "v", -1, -1)
		if version < 3 {
			records = messageSet(int8(min(version, 1)), "k", "v")
		}
		r.Acks, r.TimeoutMillis = -1, 5000
		r.Topics = []kmsg.ProduceRequestTopic{{Topic: topic, TopicID: ids[topic], Partitions: []kmsg.ProduceRequestTopicPartition{{Records: records}}}}
	})},
	{key: 1, fill: about(func(r *kmsg.FetchRequest, _ int16) {
		r.ReplicaID, r.ReplicaState.ID, r.MinBytes, r.MaxBytes, r.MaxWaitMillis, r.IsolationLevel, r.SessionEpoch = -1, -1, 1, 1<<20, 100, 1, -1
		partition := kmsg.NewFetchRequestTopicPartition()
		partition.PartitionMaxBytes = 100
		// no forgotten topics: there is no session to take them from
		r.Topics = []kmsg.FetchRequestTopic{{Topic: "aborted", TopicID: ids["aborted"], Partitions: []kmsg.FetchRequestTopicPartition{partition}}}
	})},
	{key: 2, fill: about(func(r *kmsg.ListOffsetsRequest, _ int16) {
		r.ReplicaID, r.TimeoutMillis = -1, 5000
		partition := kmsg.NewListOffsetsRequestTopicPartition()
		partition.Timestamp, partition.MaxNumOffsets = 1, 1
		r.Topics = []kmsg.ListOffsetsRequestTopic{{Topic: topic, Partitions: []kmsg.ListOffsetsRequestTopicPartition{partition}}}
	})},
	{key: 3, fill: about(func(r *kmsg.MetadataRequest, _ int16) {
		r.Topics = []kmsg.MetadataRequestTopic{{Topic: pointer(topic)}}
	})},
	{key: 8, fill: about(func(r *kmsg.OffsetCommitRequest, _ int16) {
		partition := kmsg.NewOffsetCommitRequestTopicPartition()
		partition.Offset, partition.Metadata = 1, pointer("m")
		r.Group, r.Generation, r.RetentionTimeMillis = group, -1, -1
		r.Topics = []kmsg.OffsetCommitRequestTopic{{Topic: topic, TopicID: ids[topic], Partitions: []kmsg.OffsetCommitRequestTopicPartition{partition}}}
	})},
	{key: 9, fill: about(func(r *kmsg.OffsetFetchRequest, _ int16) {
		r.Group, r.Topics = group, []kmsg.OffsetFetchRequestTopic{{Topic: topic, Partitions: []int32{0}}}
		of := kmsg.NewOffsetFetchRequestGroup()
		of.Group, of.Topics = group, []kmsg.OffsetFetchRequestGroupTopic{{Topic: topic, TopicID: ids[topic], Partitions: []int32{0}}}
		r.Groups, r.RequireStable = []kmsg.OffsetFetchRequestGroup{of}, true
	})},
	{key: 10, fill: about(func(r *kmsg.FindCoordinatorRequest, _ int16) {
		r.CoordinatorKey, r.CoordinatorKeys = group, []string{group}
	})},
	{key: 11, before: newGroup, fill: about(func(r *kmsg.JoinGroupRequest, version int16) {
		*r = joining(version)
	})},
	{key: 12, before: joinNewGroup, fill: about(func(r *kmsg.HeartbeatRequest, _ int16) {
		r.Group, r.Generation, r.MemberID = joined.group, joined.generation, joined.member
	})},
	{key: 13, before: joinNewGroup, fill: about(func(r *kmsg.LeaveGroupRequest, _ int16) {
		r.Group, r.MemberID = joined.group, joined.member
		r.Members = []kmsg.LeaveGroupRequestMember{{MemberID: joined.member, Reason: pointer("done")}}
	})},
	{key: 14, before: joinNewGroup, fill: about(func(r *kmsg.SyncGroupRequest, _ int16) {
		*r = syncing(r.Version)
	})},
	{key: 15, before: joinNewGroup, fill: about(func(r *kmsg.DescribeGroupsRequest, _ int16) {
		r.Groups = []string{joined.group}
	})},
	{key: 16, fill: about(func(r *kmsg.ListGroupsRequest, _ int16) {
		r.StatesFilter, r.TypesFilter = []string{"Stable"}, []string{"classic"}
	})},
	{key: 18, fill: about(func(r *kmsg.ApiVersionsRequest, _ int16) {
		r.ClientSoftwareName, r.ClientSoftwareVersion = "franz-go", "1.22.2"
	})},
	{key: 19, fill: about(func(r *kmsg.CreateTopicsRequest, version int16) {
		r.TimeoutMillis, r.Topics = 5000, []kmsg.CreateTopicsRequestTopic{newTopic(fmt.Sprintf("c%d", version))}
	})},
	{key: 20, fill: about(func(r *kmsg.DeleteTopicsRequest, version int16) {
		name := fmt.Sprintf("c%d", version+1)
		r.TimeoutMillis, r.TopicNames, r.Topics = 5000, []string{name}, []kmsg.DeleteTopicsRequestTopic{{Topic: &name}}
	})},
	{key: 21, fill: about(func(r *kmsg.DeleteRecordsRequest, _ int16) {
		r.TimeoutMillis = 5000
		r.Topics = []kmsg.DeleteRecordsRequestTopic{{Topic: topic, Partitions: []kmsg.DeleteRecordsRequestTopicPartition{{Offset: 1}}}}
	})},
	{key: 22, fill: about(func(r *kmsg.InitProducerIDRequest, _ int16) {
		r.TransactionalID, r.TransactionTimeoutMillis, r.ProducerID, r.ProducerEpoch = pointer("tx"), 60000, -1, -1
	})},
	{key: 23, fill: about(func(r *kmsg.OffsetForLeaderEpochRequest, _ int16) {
		partition := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
		r.ReplicaID = -1
		r.Topics = []kmsg.OffsetForLeaderEpochRequestTopic{{Topic: topic, Partitions: []kmsg.OffsetForLeaderEpochRequestTopicPartition{partition}}}
	})},
	{key: 24, before: func(server *connection) { server.begin() }, fill: about(func(r *kmsg.AddPartitionsToTxnRequest, _ int16) {
		*r = adding(r.Version, topic)
	}), after: commit},
	{key: 25, before: func(server *connection) { server.begin(topic) }, fill: about(func(r *kmsg.AddOffsetsToTxnRequest, _ int16) {
		r.TransactionalID, r.ProducerID, r.ProducerEpoch, r.Group = "tx", producer.ProducerID, producer.ProducerEpoch, group
	}), after: commit},
	{key: 28, before: func(server *connection) { server.begin(topic); server.addOffsets() }, fill: about(func(r *kmsg.TxnOffsetCommitRequest, _ int16) {
		partition := kmsg.NewTxnOffsetCommitRequestTopicPartition()
		partition.Offset, partition.Metadata = 1, pointer("m")
		r.TransactionalID, r.ProducerID, r.ProducerEpoch, r.Group, r.Generation = "tx", producer.ProducerID, producer.ProducerEpoch, group, -1
		r.Topics = []kmsg.TxnOffsetCommitRequestTopic{{Topic: topic, TopicID: ids[topic], Partitions: []kmsg.TxnOffsetCommitRequestTopicPartition{partition}}}
	}), after: commit},
	{key: 26, before: func(server *connection) { server.begin(topic) }, fill: about(func(r *kmsg.EndTxnRequest, _ int16) {
		r.TransactionalID, r.ProducerID, r.ProducerEpoch, r.Commit = "tx", producer.ProducerID, producer.ProducerEpoch, true
	})},
	{key: 27, before: func(server *connection) { server.begin(topic) }, fill: about(func(r *kmsg.WriteTxnMarkersRequest, _ int16) {
		marker := kmsg.NewWriteTxnMarkersRequestMarker()
		marker.ProducerID, marker.ProducerEpoch, marker.Committed = producer.ProducerID, producer.ProducerEpoch, true
		marker.Topics = []kmsg.WriteTxnMarkersRequestMarkerTopic{{Topic: topic, Partitions: []int32{0}}}
		r.Markers = []kmsg.WriteTxnMarkersRequestMarker{marker}
	}), after: commit},
	{key: 32, fill: about(func(r *kmsg.DescribeConfigsRequest, _ int16) {
		r.IncludeSynonyms = true
		r.Resources = []kmsg.DescribeConfigsRequestResource{{ResourceType: kmsg.ConfigResourceTypeTopic, ResourceName: topic, ConfigNames: []string{"retention.ms"}}}
	})},
	{key: 33, fill: about(func(r *kmsg.AlterConfigsRequest, _ int16) {
		resource := kmsg.NewAlterConfigsRequestResource()
		resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeTopic, topic
		resource.Configs = []kmsg.AlterConfigsRequestResourceConfig{{Name: "retention.ms", Value: pointer("604800000")}}
		r.Resources = []kmsg.AlterConfigsRequestResource{resource}
	})},
	{key: 35, fill: about(func(r *kmsg.DescribeLogDirsRequest, _ int16) {
		r.Topics = []kmsg.DescribeLogDirsRequestTopic{{Topic: topic, Partitions: []int32{0}}}
	})},
	{key: 37, fill: about(func(r *kmsg.CreatePartitionsRequest, version int16) {
		r.TimeoutMillis, r.Topics = 5000, []kmsg.CreatePartitionsRequestTopic{{Topic: "aborted", Count: int32(version) + 2}}
	})},
	{key: 42, before: func(server *connection) { joinNewGroup(server); leave(server) }, fill: about(func(r *kmsg.DeleteGroupsRequest, _ int16) {
		r.Groups = []string{joined.group}
	})},
	{key: 44, fill: about(func(r *kmsg.IncrementalAlterConfigsRequest, _ int16) {
		resource := kmsg.NewIncrementalAlterConfigsRequestResource()
		resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeTopic, topic
		resource.Configs = []kmsg.IncrementalAlterConfigsRequestResourceConfig{{Name: "retention.ms", Value: pointer("604800000")}}
		r.Resources = []kmsg.IncrementalAlterConfigsRequestResource{resource}
	})},
	{key: 47, fill: about(func(r *kmsg.OffsetDeleteRequest, _ int16) {
		r.Group = group
		r.Topics = []kmsg.OffsetDeleteRequestTopic{{Topic: topic, Partitions: []kmsg.OffsetDeleteRequestTopicPartition{{Partition: 0}}}}
	})},
	{key: 60, fill: about(func(r *kmsg.DescribeClusterRequest, _ int16) { r.EndpointType = 1 })},
	{key: 61, fill: about(func(r *kmsg.DescribeProducersRequest, _ int16) {
		r.Topics = []kmsg.DescribeProducersRequestTopic{{Topic: "aborted", Partitions: []int32{0}}}
	})},
	{key: 65, fill: about(func(r *kmsg.DescribeTransactionsRequest, _ int16) { r.TransactionalIDs = []string{"tx"} })},
	{key: 66, fill: about(func(r *kmsg.ListTransactionsRequest, _ int16) {
		r.StateFilters, r.DurationFilterMillis, r.TransactionalIDPattern = []string{"CompleteCommit"}, -1, pointer("t.*")
	})},
	{key: 74, fill: about(func(r *kmsg.ListConfigResourcesRequest, _ int16) { r.ResourceTypes = []int8{2} })},
	{key: 75, fill: about(func(r *kmsg.DescribeTopicPartitionsRequest, _ int16) {
		r.ResponsePartitionLimit, r.Topics = 10, []kmsg.DescribeTopicPartitionsRequestTopic{{Topic: topic}}
	})},
}
