"""What does kafka-python do when it is told a scenario of scenarios.ts? Prints what it saw, a JSON object a line."""
import json
import ssl
import sys
import threading
import time

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import FencedInstanceIdError, ProducerFencedError, TopicAlreadyExistsError, KafkaError
from kafka.structs import OffsetAndMetadata

scenario, options = sys.argv[1], json.loads(sys.argv[2])
base = {"bootstrap_servers": options["address"]}
if security := options.get("security"):
    base |= {"security_protocol": "SASL_SSL", "ssl_context": ssl.create_default_context(cafile=security["ca"]),
             "sasl_mechanism": security["mechanism"], "sasl_plain_username": security["user"], "sasl_plain_password": security["password"]}
part = TopicPartition("t", 0)


def say(**facts):
    print(json.dumps(facts), flush=True)


def until(done, poll, what, seconds=40):
    end = time.monotonic() + seconds
    while not done():
        poll()
        if time.monotonic() > end:
            sys.exit(f"waited {seconds} s for {what}")


def encoded(value):
    return None if value is None else value.encode()


def text(value):
    return None if value is None else value.decode()


def producer(**settings):
    return KafkaProducer(**base | {"linger_ms": 20, "max_request_size": 1_000_000} | settings)


def write(to, values):
    for sent in [to.send("t", value.encode(), partition=0) for value in values]:
        sent.get(30)


def consumer(group="reader", protocol="eager", **settings):
    if protocol == "consumer":
        sys.exit("kafka-python does not know the new consumer protocol")
    assignor = CooperativeStickyAssignor if protocol == "cooperative" else RangePartitionAssignor
    return KafkaConsumer(**base | {"group_id": group, "auto_offset_reset": "earliest", "enable_auto_commit": False,
                                   "partition_assignment_strategy": [assignor], "heartbeat_interval_ms": 200} | settings)


# a poll that ends in mid-join can leave kafka-python 3.0.12 without its partitions for ever
def poll(member, milliseconds=1000):
    return [record for records in member.poll(milliseconds).values() for record in records]


def take(member, count):
    taken = []
    until(lambda: len(taken) >= count, lambda: taken.extend(poll(member)), f"{count} records, have {len(taken)}")
    return taken


def read(count, position=0, isolation="read_committed"):
    reading = consumer(isolation_level=isolation)
    reading.assign([part])
    reading.seek(part, position)
    taken = take(reading, count)
    reading.close()
    return taken


def texts(records):
    return [record.value.decode() for record in records]


admin = KafkaAdminClient(**base, bootstrap_timeout_ms=10_000)


def make(partitions, **configs):
    admin.create_topics({"t": {"num_partitions": partitions, "replication_factor": 1, "configs": configs}})


def records():
    sent = [json.loads(line) for line in sys.stdin if line.strip()]
    writing = producer(compression_type=None if options["codec"] == "none" else options["codec"])
    for record in sent:
        writing.send("t", encoded(record["value"]), encoded(record["key"]), partition=0, timestamp_ms=record["time"],
                     headers=[(name, encoded(value)) for name, value in record["headers"]])
    writing.flush()
    for record in read(len(sent)):
        say(offset=record.offset, key=text(record.key), value=text(record.value), time=record.timestamp,
            headers=[[name, text(value)] for name, value in record.headers])


def positions():
    writing = producer()
    for value in range(100):
        writing.send("t", str(value).encode(), partition=0, timestamp_ms=1000 + value)
    writing.flush()
    reading = consumer()
    found = reading.offsets_for_times({part: 1050})[part].offset
    after = reading.offsets_for_times({part: 5000})[part]
    say(beginning=reading.beginning_offsets([part])[part], end=reading.end_offsets([part])[part], at40=texts(read(1, 40))[0],
        atTime1050=found, valueAtTime1050=texts(read(1, found))[0], afterAll=after and after.offset)


class Member(threading.Thread):
    """A member of a group with a thread of its own, as kafka-python wants it: it joins only while it is polled."""

    def __init__(self, seen):
        super().__init__(daemon=True)
        self.consumer, self.seen, self.is_leaving = consumer("g", options["protocol"]), seen, False
        self.consumer.subscribe(["t"])
        self.start()

    def run(self):
        while not self.is_leaving:
            self.seen.update((record.partition, record.offset) for record in poll(self.consumer))
        self.consumer.close()

    def leave(self):
        self.is_leaving = True
        self.join(30)


def group():
    make(6)
    members, seen = [], set()

    def settle(name, counts):
        parts = lambda: [{each.partition for each in member.consumer.assignment()} for member in members]
        is_shared = lambda: sorted(map(len, parts())) == counts and len(set().union(*parts())) == 6
        until(is_shared, lambda: time.sleep(0.02), f"{name}: {parts()}")
        say(**{name: counts})
    for name, counts in {"one": [6], "two": [3, 3], "three": [2, 2, 2]}.items():
        members.append(Member(seen))
        settle(name, counts)
    members.pop(0).leave()
    settle("left", [3, 3])
    writing = producer()
    for value in range(60):
        writing.send("t", str(value).encode(), partition=value % 6)
    writing.flush()
    until(lambda: len(seen) >= 60, lambda: time.sleep(0.02), "all records")
    say(read=len(seen))
    for member in members:
        member.leave()


def commits():
    make(1)
    write(producer(), [str(value) for value in range(10)])

    def first():
        member = consumer("g", options["protocol"])
        member.subscribe(["t"])
        return member, texts(take(member, 1))[0]
    member, value = first()
    say(first=value)
    member.commit({part: OffsetAndMetadata(4, "note", -1)})
    committed = member.committed(part, metadata=True)
    say(committed=committed.offset, metadata=committed.metadata)
    member.close()
    member, value = first()
    say(next=value)
    member.close()
    admin.alter_group_offsets("g", {part: OffsetAndMetadata(2, "", -1)})
    member, value = first()
    say(reset=value)
    member.close()


class Changes(ConsumerRebalanceListener):
    """Counts what a member is told about its partitions."""
    count = 0

    def on_partitions_assigned(self, _):
        self.count += 1

    def on_partitions_revoked(self, _):
        self.count += 1

    def on_partitions_lost(self, _):
        self.count += 1


def joined(name, listener=None):
    member = consumer("g", group_instance_id=name)
    member.subscribe(["t"], listener=listener)
    return member


def static():
    make(2)
    changes = Changes()
    other = joined("b", changes)
    member = joined("a")

    def settle(name, *members):
        until(lambda: [len(each.assignment()) for each in members] == [1, 1], lambda: [poll(each) for each in members], name)
        say(**{name: [len(each.assignment()) for each in members]})
    settle("assigned", member, other)
    before = changes.count
    member.close()
    member = joined("a")
    settle("back", member, other)
    say(rebalancesOfTheOther=changes.count - before)


def fenced():
    make(1)
    member = joined("a")
    until(member.assignment, lambda: poll(member), "the first member's partition")
    double = joined("a")
    errors = []

    def poll_both():
        poll(double)
        try:
            poll(member)
        except FencedInstanceIdError as error:
            errors.append(error)
    until(lambda: errors, poll_both, "the fenced member's error", 10)
    say(isFenced=True)
def administer():
    say(brokers=len(admin.describe_cluster()["brokers"]))
    make(2, **{"retention.ms": "1000000"})
    count = lambda: len(admin.describe_topics(["t"])[0]["partitions"])
    say(topics=sorted(admin.list_topics()), partitions=count())
    try:
        make(2)
    except TopicAlreadyExistsError as error:
        say(again=error.message)
    admin.create_partitions({"t": 3})
    say(grown=count())
    retention = lambda: admin.describe_configs([ConfigResource("TOPIC", "t")])["topic"]["t"]["retention.ms"]["value"]
    say(retention=retention())
    admin.alter_configs([ConfigResource("TOPIC", "t", {"retention.ms": "2000000"})])
    say(altered=retention())
    write(producer(), [str(value) for value in range(10)])
    admin.delete_records({part: 6})
    member = consumer("g")
    say(beginning=member.beginning_offsets([part])[part])
    member.subscribe(["t"])
    take(member, 1)
    member.commit()
    member.close()
    say(groups=[each["group_id"] for each in admin.list_groups()])
    say(state=admin.describe_groups(["g"])["g"]["group_state"])
    admin.delete_groups(["g"])
    say(groupsLeft=[each["group_id"] for each in admin.list_groups()])
    admin.delete_topics(["t"])
    say(topicsLeft=sorted(admin.list_topics()))


def idempotence():
    writing = producer(enable_idempotence=True, batch_size=200, linger_ms=1)
    write(writing, [str(value) for value in range(1000)])
    say(values=texts(read(1000)))


def transactions():
    make(1)
    writing = producer(transactional_id="tx")
    writing.init_transactions()

    def transaction(values, offset=None, commit=True):
        writing.begin_transaction()
        write(writing, values)
        if offset is not None:
            writing.send_offsets_to_transaction({part: OffsetAndMetadata(offset, "", -1)}, "g")
        writing.commit_transaction() if commit else writing.abort_transaction()
    offset = lambda: consumer("g").committed(part)
    transaction(["a", "b"], 7)
    say(offset=offset())
    transaction(["c", "d"], 9, commit=False)
    say(offsetAborted=offset())
    transaction(["e"])
    say(committed=texts(read(3)), uncommitted=texts(read(5, isolation="read_uncommitted")))
    producer(transactional_id="tx").init_transactions()
    try:
        transaction(["f"])
    except ProducerFencedError:
        say(isFenced=True)
    except KafkaError as error:
        say(isFenced=repr(error))


{"records": records, "positions": positions, "group": group, "commits": commits, "static": static, "fenced": fenced,
 "admin": administer, "idempotence": idempotence, "transactions": transactions}[scenario]()
