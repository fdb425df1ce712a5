package main

// How is one request sent in exactly the version that it says, and its answer read? With kmsg's codec on a connection of our own.

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"reflect"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

type connection struct {
	address       string
	socket        net.Conn
	correlationID int32
}

type versionRange struct{ min, max int16 }

func dial(address string) *connection {
	return &connection{address: address, socket: must(net.Dial("tcp", address))}
}

// try sends a request and reads its response. A connection that was closed instead is opened again.
func (c *connection) try(request kmsg.Request) (kmsg.Response, error) {
	c.correlationID++
	frame := kmsg.NewRequestFormatter(kmsg.FormatterClientID("franz-go")).AppendRequest(nil, request, c.correlationID)
	must(c.socket.Write(frame))
	must(0, c.socket.SetReadDeadline(time.Now().Add(20*time.Second)))
	size := make([]byte, 4)
	if _, err := io.ReadFull(c.socket, size); err != nil {
		c.socket = must(net.Dial("tcp", c.address))
		return nil, fmt.Errorf("closed instead of an answer: %w", err)
	}
	body := make([]byte, binary.BigEndian.Uint32(size))
	must(io.ReadFull(c.socket, body))
	response := request.ResponseKind()
	response.SetVersion(request.GetVersion())
	body = body[4:]
	if response.IsFlexible() && request.Key() != 18 {
		body = body[1:]
	}
	return response, response.ReadFrom(body)
}

func (c *connection) ask(request kmsg.Request) kmsg.Response { return must(c.try(request)) }

// versions are those that both sides know, by API key.
func (c *connection) versions() map[int16]versionRange {
	request := kmsg.NewApiVersionsRequest()
	request.Version, request.ClientSoftwareName, request.ClientSoftwareVersion = 3, "franz-go", "1"
	known := map[int16]versionRange{}
	for _, each := range c.ask(&request).(*kmsg.ApiVersionsResponse).ApiKeys {
		if request := kmsg.RequestForKey(each.ApiKey); request != nil {
			known[each.ApiKey] = versionRange{each.MinVersion, min(each.MaxVersion, request.MaxVersion())}
		}
	}
	return known
}

// errorCodes are all that are not 0 in a response.
func errorCodes(response any) (codes []int64) {
	var visit func(value reflect.Value)
	visit = func(value reflect.Value) {
		switch value.Kind() {
		case reflect.Pointer:
			if !value.IsNil() {
				visit(value.Elem())
			}
		case reflect.Slice:
			for index := range value.Len() {
				visit(value.Index(index))
			}
		case reflect.Struct:
			for index := range value.NumField() {
				if value.Type().Field(index).Name == "ErrorCode" && value.Field(index).Int() != 0 {
					codes = append(codes, value.Field(index).Int())
				}
				if value.Type().Field(index).IsExported() {
					visit(value.Field(index))
				}
			}
		}
	}
	visit(reflect.ValueOf(response))
	return codes
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batch is a record batch with one record that has a header.
func batch(key, value string, producerID int64, producerEpoch int16) []byte {
	record := kmsg.NewRecord()
	record.Key, record.Value = []byte(key), []byte(value)
	record.Headers = []kmsg.Header{{Key: "h", Value: []byte("1")}}
	record.Length = int32(len(record.AppendTo(nil)) - 1)
	now := time.Now().UnixMilli()
	made := kmsg.NewRecordBatch()
	made.Magic, made.PartitionLeaderEpoch, made.NumRecords, made.Records = 2, -1, 1, record.AppendTo(nil)
	made.FirstTimestamp, made.MaxTimestamp = now, now
	made.ProducerID, made.ProducerEpoch, made.FirstSequence = producerID, producerEpoch, -1
	if producerID >= 0 {
		made.FirstSequence = 0
	}
	bytes := made.AppendTo(nil)
	binary.BigEndian.PutUint32(bytes[8:], uint32(len(bytes)-12))
	binary.BigEndian.PutUint32(bytes[17:], crc32.Checksum(bytes[21:], castagnoli))
	return bytes
}

// messageSet is what went before record batches, with one message of magic 0 or 1.
func messageSet(magic int8, key, value string) []byte {
	var bytes []byte
	if magic == 0 {
		message := kmsg.NewMessageV0()
		message.Key, message.Value = []byte(key), []byte(value)
		bytes = message.AppendTo(nil)
	} else {
		message := kmsg.NewMessageV1()
		message.Magic, message.Timestamp, message.Key, message.Value = 1, time.Now().UnixMilli(), []byte(key), []byte(value)
		bytes = message.AppendTo(nil)
	}
	binary.BigEndian.PutUint32(bytes[8:], uint32(len(bytes)-12))
	binary.BigEndian.PutUint32(bytes[12:], crc32.ChecksumIEEE(bytes[16:]))
	return bytes
}
