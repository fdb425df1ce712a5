"""What does confluent-kafka do when it is told a scenario of scenarios.ts? Prints what it saw, a JSON object a line."""
import json
import sys
import time

from confluent_kafka import (Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition,
                             TIMESTAMP_NOT_AVAILABLE)
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, ResourceType)

scenario, options = sys.argv[1], json.loads(sys.argv[2])
fatal = []


def on_error(error):
    if error.code() in (KafkaError._AUTHENTICATION, KafkaError._SSL):
        sys.exit(f"authentication failed: {error}")


base = {"bootstrap.servers": options["address"], "error_cb": on_error}
if security := options.get("security"):
    base |= {"security.protocol": "SASL_SSL", "ssl.ca.location": security["ca"], "sasl.mechanism": security["mechanism"],
             "sasl.username": security["user"], "sasl.password": security["password"]}


def say(**facts):
    print(json.dumps(facts), flush=True)


def until(done, poll, what, seconds=40):
    end = time.monotonic() + seconds
    while not done():
        poll()
        if time.monotonic() > end:
            sys.exit(f"waited {seconds} s for {what}")


def producer(**settings):
    return Producer(base | {"linger.ms": 20} | {name.replace("_", "."): value for name, value in settings.items()})


def write(to, values, **record):
    def delivered(error, _):
        if error:
            sys.exit(f"not delivered: {error}")
    for value in values:
        to.produce("t", value, partition=0, on_delivery=delivered, **record)
    until(lambda: to.flush(0.1) == 0, lambda: None, "deliveries")


def consumer(group="reader", protocol="eager", **settings):
    chosen = base | {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    if protocol == "consumer":
        chosen["group.protocol"] = "consumer"
    else:
        chosen |= {"partition.assignment.strategy": "cooperative-sticky" if protocol == "cooperative" else "range",
                   "heartbeat.interval.ms": 200}
    return Consumer(chosen | {name.replace("_", "."): value for name, value in settings.items()})


def read(count, position=0, isolation="read_committed", partition=0):
    reading = consumer(isolation_level=isolation)
    reading.assign([TopicPartition("t", partition, position)])
    messages = take(reading, count)
    reading.close()
    return messages


def take(reading, count):
    messages = []

    def poll():
        message = reading.poll(0.1)
        if message is not None:
            if message.error():
                raise KafkaException(message.error())
            messages.append(message)
    until(lambda: len(messages) >= count, poll, f"{count} records, have {len(messages)}")
    return messages


def texts(messages):
    return [message.value().decode() for message in messages]


admin = AdminClient(base)


def make(partitions, name="t", **config):
    for made in admin.create_topics([NewTopic(name, partitions, 1, config=config)]).values():
        made.result()


def text(value):
    return None if value is None else value.decode()


def records():
    sent = [json.loads(line) for line in sys.stdin if line.strip()]
    writing = producer(compression_type=options["codec"])
    for record in sent:
        writing.produce("t", record["value"], record["key"], 0, timestamp=record["time"],
                        headers=[(name, value) for name, value in record["headers"]])
    until(lambda: writing.flush(0.1) == 0, lambda: None, "deliveries")
    for message in read(len(sent)):
        say(offset=message.offset(), key=text(message.key()), value=text(message.value()), time=message.timestamp()[1],
            headers=[[name, text(value)] for name, value in message.headers() or []])


def positions():
    writing = producer()
    for value in range(100):
        writing.produce("t", str(value), partition=0, timestamp=1000 + value)
    writing.flush()
    reading = consumer()
    low, high = reading.get_watermark_offsets(TopicPartition("t", 0))
    found, = reading.offsets_for_times([TopicPartition("t", 0, 1050)])
    after, = reading.offsets_for_times([TopicPartition("t", 0, 5000)])
    say(beginning=low, end=high, at40=texts(read(1, 40))[0], atTime1050=found.offset, valueAtTime1050=texts(read(1, found.offset))[0],
        afterAll=None if after.offset < 0 else after.offset)


def group():
    make(6)
    members = []
    seen = set()

    def join():
        members.append(consumer("g", options["protocol"]))
        members[-1].subscribe(["t"])

    def poll():
        for member in members:
            message = member.poll(0.02)
            if message is not None and not message.error():
                seen.add((message.partition(), message.offset()))

    def settle(name, counts):
        def shared():
            parts = [{each.partition for each in member.assignment()} for member in members]
            return sorted(len(part) for part in parts) == counts and len(set().union(*parts)) == 6
        until(shared, poll, f"{name}: {[[each.partition for each in member.assignment()] for member in members]}")
        say(**{name: counts})
    join()
    settle("one", [6])
    join()
    settle("two", [3, 3])
    join()
    settle("three", [2, 2, 2])
    members.pop(0).close()
    settle("left", [3, 3])
    writing = producer()
    for value in range(60):
        writing.produce("t", str(value), partition=value % 6)
    writing.flush()
    until(lambda: len(seen) >= 60, poll, "all records")
    say(read=len(seen))
    for member in members:
        member.close()


def commits():
    protocol = options["protocol"]
    make(1)
    write(producer(), [str(value) for value in range(10)])

    def first():
        member = consumer("g", protocol)
        member.subscribe(["t"])
        return member, texts(take(member, 1))[0]
    member, value = first()
    say(first=value)
    member.commit(offsets=[TopicPartition("t", 0, 4, metadata="note")], asynchronous=False)
    committed, = member.committed([TopicPartition("t", 0)])
    say(committed=committed.offset, metadata=committed.metadata)
    member.close()
    member, value = first()
    say(next=value)
    member.close()
    to = [ConsumerGroupTopicPartitions("g", [TopicPartition("t", 0, 2)])]
    for set_offsets in admin.alter_consumer_group_offsets(to).values():
        set_offsets.result()
    member, value = first()
    say(reset=value)
    member.close()


def joined(name, **callbacks):
    member = consumer("g", group_instance_id=name)
    member.subscribe(["t"], **callbacks)
    return member


def static():
    make(2)
    changes = []
    other = joined("b", on_assign=lambda *_: changes.append(1), on_revoke=lambda *_: changes.append(1))
    member = joined("a")

    def settle(name, *members):
        until(lambda: [len(each.assignment()) for each in members] == [1, 1], lambda: [each.poll(0.05) for each in members], name)
        say(**{name: [len(each.assignment()) for each in members]})
    settle("assigned", member, other)
    before = len(changes)
    member.close()
    member = joined("a")
    settle("back", member, other)
    say(rebalancesOfTheOther=len(changes) - before)


def fenced():
    make(1)
    member = joined("a")
    until(member.assignment, lambda: member.poll(0.05), "the first member's partition")
    errors = []
    double = joined("a")

    def poll():
        double.poll(0.05)
        message = member.poll(0.05)
        if message is not None and message.error():
            errors.append(message.error())
    until(lambda: errors, poll, "the fenced member's error")
    say(isFenced=errors[0].code() in (KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID))


def administer():
    say(brokers=len(admin.describe_cluster().result().nodes))
    make(2, **{"retention.ms": "1000000"})
    listed = lambda: admin.list_topics(timeout=10).topics
    say(topics=sorted(listed()), partitions=len(listed()["t"].partitions))
    try:
        make(2)
    except KafkaException as error:
        say(again=error.args[0].name())
    admin.create_partitions([NewPartitions("t", 3)])["t"].result()
    until(lambda: len(listed()["t"].partitions) == 3, lambda: time.sleep(0.05), "the third partition")
    say(grown=3)
    resource = ConfigResource(ResourceType.TOPIC, "t")
    retention = lambda: admin.describe_configs([resource])[resource].result()["retention.ms"].value
    say(retention=retention())
    entry = ConfigEntry("retention.ms", "2000000", incremental_operation=AlterConfigOpType.SET)
    change = ConfigResource(ResourceType.TOPIC, "t", incremental_configs=[entry])
    admin.incremental_alter_configs([change])[change].result()
    say(altered=retention())
    write(producer(), [str(value) for value in range(10)])
    part = TopicPartition("t", 0, 6)
    for deleted in admin.delete_records([part]).values():
        deleted.result()
    member = consumer("g")
    say(beginning=member.get_watermark_offsets(part)[0])
    member.subscribe(["t"])
    take(member, 1)
    member.commit(asynchronous=False)
    member.close()
    say(groups=[each.group_id for each in admin.list_consumer_groups().result().valid])
    say(state=admin.describe_consumer_groups(["g"])["g"].result().state.name.capitalize())
    admin.delete_consumer_groups(["g"])["g"].result()
    say(groupsLeft=[each.group_id for each in admin.list_consumer_groups().result().valid])
    admin.delete_topics(["t"])["t"].result()
    say(topicsLeft=sorted(listed()))


def idempotence():
    writing = producer(enable_idempotence=True, batch_num_messages=20, linger_ms=1)
    write(writing, [str(value) for value in range(1000)])
    say(values=texts(read(1000)))


def transactions():
    make(1)
    writing = producer(transactional_id="tx")
    writing.init_transactions(20)

    def transaction(values, offset=None, commit=True):
        writing.begin_transaction()
        write(writing, values)
        if offset is not None:
            metadata = consumer("g").consumer_group_metadata()
            writing.send_offsets_to_transaction([TopicPartition("t", 0, offset)], metadata, 20)
        (writing.commit_transaction if commit else writing.abort_transaction)(20)
    transaction(["a", "b"], 7)
    offset = lambda: consumer("g").committed([TopicPartition("t", 0)], 20)[0].offset
    say(offset=offset())
    transaction(["c", "d"], 9, commit=False)
    say(offsetAborted=offset())
    transaction(["e"])
    say(committed=texts(read(3)), uncommitted=texts(read(5, isolation="read_uncommitted")))
    producer(transactional_id="tx").init_transactions(20)
    try:
        transaction(["f"])
    except (KafkaException, SystemExit) as error:
        reason = error.args[0]
        say(isFenced="fenced" in str(reason).lower() or "INVALID_PRODUCER_EPOCH" in str(reason))


{"records": records, "positions": positions, "group": group, "commits": commits, "static": static, "fenced": fenced,
 "admin": administer, "idempotence": idempotence, "transactions": transactions}[scenario]()
