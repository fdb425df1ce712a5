// What do Java clients do when they are told scenarios of ../scenarios.ts? One process for all of them, as a JVM takes longer to start than a
// scenario takes: {scenario, options, input}, an object a line, comes in, {facts} or {error} goes out. The same source for every version.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class Client {
    static final ObjectMapper JSON = new ObjectMapper();
    static final TopicPartition FIRST = new TopicPartition("t", 0);
    static final Duration MOMENT = Duration.ofMillis(50);

    final JsonNode options;
    final List<Object> facts = new ArrayList<>();
    final List<AutoCloseable> opened = new ArrayList<>();
    final Admin admin;

    Client(JsonNode options) {
        this.options = options;
        this.admin = opening(Admin.create(base()));
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            JsonNode asked = JSON.readTree(line);
            Map<String, Object> answer = new HashMap<>();
            Client client = null;
            try {
                client = new Client(asked.get("options"));
                client.perform(asked.get("scenario").asText(), asked.get("input"));
                answer.put("facts", client.facts);
            } catch (Throwable error) {
                StringWriter trace = new StringWriter();
                error.printStackTrace(new PrintWriter(trace));
                answer.put("error", trace.toString());
            } finally {
                if (client != null) client.close();
            }
            out.write((JSON.writeValueAsString(answer) + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }

    void perform(String scenario, JsonNode input) throws Exception {
        switch (scenario) {
            case "records": records(input); break;
            case "positions": positions(); break;
            case "group": group(); break;
            case "commits": commits(); break;
            case "static": staticMembers(); break;
            case "fenced": fenced(); break;
            case "admin": administer(); break;
            case "idempotence": idempotence(); break;
            case "transactions": transactions(); break;
            default: throw new IllegalArgumentException(scenario);
        }
    }

    void close() {
        for (AutoCloseable each : opened) {
            try {
                if (each instanceof KafkaConsumer) ((KafkaConsumer<?, ?>) each).close(Duration.ofSeconds(2));
                else if (each instanceof KafkaProducer) ((KafkaProducer<?, ?>) each).close(Duration.ZERO);
                else ((Admin) each).close(Duration.ZERO);
            } catch (Exception failed) {
                // it was fenced, or was closed by the scenario
            }
        }
    }

    <T extends AutoCloseable> T opening(T client) {
        opened.add(client);
        return client;
    }

    void say(Object... namesAndValues) {
        Map<String, Object> seen = new LinkedHashMap<>();
        for (int index = 0; index < namesAndValues.length; index += 2) seen.put((String) namesAndValues[index], namesAndValues[index + 1]);
        facts.add(seen);
    }

    /** Polls until it is so; a poll waits by itself. */
    static void until(BooleanSupplier done, Runnable poll, String what) {
        for (long end = System.nanoTime() + Duration.ofSeconds(40).toNanos(); !done.getAsBoolean(); poll.run()) {
            if (System.nanoTime() > end) throw new IllegalStateException("waited 40 s for " + what);
        }
    }

    static <T> T get(Future<T> future) {
        try {
            return future.get();
        } catch (ExecutionException error) {
            if (error.getCause() instanceof RuntimeException) throw (RuntimeException) error.getCause();
            throw new IllegalStateException(error);
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }

    Map<String, Object> base() {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", options.get("address").asText());
        JsonNode security = options.get("security");
        if (security != null) {
            String mechanism = security.get("mechanism").asText();
            String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
            settings.put("security.protocol", "SASL_SSL");
            settings.put("ssl.truststore.type", "PEM");
            settings.put("ssl.truststore.location", security.get("ca").asText());
            settings.put("sasl.mechanism", mechanism);
            settings.put("sasl.jaas.config", String.format("org.apache.kafka.common.security.%s required username=\"%s\" password=\"%s\";",
                module, security.get("user").asText(), security.get("password").asText()));
        }
        return settings;
    }

    static Map<String, Object> with(Map<String, Object> settings, Object... more) {
        for (int index = 0; index < more.length; index += 2) settings.put((String) more[index], more[index + 1]);
        return settings;
    }

    KafkaProducer<String, String> producer(Object... settings) {
        return opening(new KafkaProducer<>(with(with(base(), "linger.ms", 20), settings), new StringSerializer(), new StringSerializer()));
    }

    static void write(KafkaProducer<String, String> to, String... values) {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (String value : values) sent.add(to.send(new ProducerRecord<>("t", 0, null, value)));
        to.flush();
        sent.forEach(Client::get);
    }

    static String[] numbers(int count) {
        return IntStream.range(0, count).mapToObj(String::valueOf).toArray(String[]::new);
    }

    KafkaConsumer<String, String> consumer(String group, String protocol, Object... settings) {
        Map<String, Object> chosen = with(base(), "group.id", group, "auto.offset.reset", "earliest", "enable.auto.commit", false);
        if (protocol.equals("consumer")) {
            if (!ConsumerConfig.configNames().contains("group.protocol")) throw new UnsupportedOperationException("only the classic protocol");
            chosen.put("group.protocol", "consumer");
        } else {
            String assignor = protocol.equals("cooperative") ? "CooperativeStickyAssignor" : "RangeAssignor";
            with(chosen, "partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor, "heartbeat.interval.ms", 200,
                "session.timeout.ms", 10_000);
        }
        return opening(new KafkaConsumer<>(with(chosen, settings), new StringDeserializer(), new StringDeserializer()));
    }

    List<ConsumerRecord<String, String>> read(int count, long position, String isolation) {
        KafkaConsumer<String, String> reading = consumer("reader", "eager", "isolation.level", isolation);
        reading.assign(List.of(FIRST));
        reading.seek(FIRST, position);
        List<ConsumerRecord<String, String>> taken = take(reading, count);
        reading.close();
        return taken;
    }

    static List<ConsumerRecord<String, String>> take(KafkaConsumer<String, String> reading, int count) {
        List<ConsumerRecord<String, String>> taken = new ArrayList<>();
        until(() -> taken.size() >= count, () -> reading.poll(MOMENT).forEach(taken::add), count + " records");
        return taken;
    }

    static List<String> texts(List<ConsumerRecord<String, String>> records) {
        return records.stream().map(ConsumerRecord::value).collect(Collectors.toList());
    }

    void make(int partitions, Map<String, String> configs) {
        get(admin.createTopics(List.of(new NewTopic("t", partitions, (short) 1).configs(configs))).all());
    }

    static String text(JsonNode node) {
        return node.isNull() ? null : node.asText();
    }

    void records(JsonNode input) {
        KafkaProducer<String, String> writing = producer("compression.type", options.get("codec").asText());
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (JsonNode each : input) {
            ProducerRecord<String, String> record =
                new ProducerRecord<>("t", 0, each.get("time").asLong(), text(each.get("key")), text(each.get("value")));
            for (JsonNode header : each.get("headers")) {
                String value = text(header.get(1));
                record.headers().add(header.get(0).asText(), value == null ? null : value.getBytes(StandardCharsets.UTF_8));
            }
            sent.add(writing.send(record));
        }
        sent.forEach(Client::get);
        for (ConsumerRecord<String, String> record : read(input.size(), 0, "read_committed")) {
            List<List<String>> headers = new ArrayList<>();
            for (Header header : record.headers()) {
                headers.add(Arrays.asList(header.key(), header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8)));
            }
            say("offset", record.offset(), "key", record.key(), "value", record.value(), "time", record.timestamp(), "headers", headers);
        }
    }

    void positions() {
        KafkaProducer<String, String> writing = producer();
        for (int value = 0; value < 100; value++) writing.send(new ProducerRecord<>("t", 0, 1000L + value, null, "" + value));
        writing.flush();
        KafkaConsumer<String, String> reading = consumer("reader", "eager");
        OffsetAndTimestamp found = reading.offsetsForTimes(Map.of(FIRST, 1050L)).get(FIRST);
        OffsetAndTimestamp after = reading.offsetsForTimes(Map.of(FIRST, 5000L)).get(FIRST);
        say("beginning", reading.beginningOffsets(List.of(FIRST)).get(FIRST), "end", reading.endOffsets(List.of(FIRST)).get(FIRST));
        say("at40", texts(read(1, 40, "read_committed")).get(0), "atTime1050", found.offset());
        say("valueAtTime1050", texts(read(1, found.offset(), "read_committed")).get(0), "afterAll", after == null ? null : after.offset());
    }

    void group() {
        make(6, Map.of());
        String protocol = options.get("protocol").asText();
        List<KafkaConsumer<String, String>> members = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        Runnable poll = () -> {
            for (KafkaConsumer<String, String> member : members) {
                for (ConsumerRecord<String, String> record : member.poll(Duration.ofMillis(20))) seen.add(record.partition() + " " + record.offset());
            }
        };
        int[][] shares = {{6}, {3, 3}, {2, 2, 2}, {3, 3}};
        String[] names = {"one", "two", "three", "left"};
        for (int turn = 0; turn < shares.length; turn++) {
            int[] share = shares[turn];
            if (turn < 3) {
                KafkaConsumer<String, String> member = consumer("g", protocol);
                member.subscribe(List.of("t"));
                members.add(member);
            } else {
                members.remove(0).close();
            }
            until(() -> {
                Set<TopicPartition> all = new HashSet<>();
                members.forEach(member -> all.addAll(member.assignment()));
                int[] counts = members.stream().mapToInt(member -> member.assignment().size()).sorted().toArray();
                return Arrays.equals(counts, share) && all.size() == 6;
            }, poll, names[turn]);
            say(names[turn], share);
        }
        KafkaProducer<String, String> writing = producer();
        for (int value = 0; value < 60; value++) writing.send(new ProducerRecord<>("t", value % 6, null, "" + value));
        writing.flush();
        until(() -> seen.size() >= 60, poll, "all records");
        say("read", seen.size());
    }

    void commits() {
        make(1, Map.of());
        write(producer(), numbers(10));
        KafkaConsumer<String, String> member = subscribed();
        say("first", texts(take(member, 1)).get(0));
        member.commitSync(Map.of(FIRST, new OffsetAndMetadata(4, "note")));
        OffsetAndMetadata committed = member.committed(Set.of(FIRST)).get(FIRST);
        say("committed", committed.offset(), "metadata", committed.metadata());
        member.close();
        member = subscribed();
        say("next", texts(take(member, 1)).get(0));
        member.close();
        get(admin.alterConsumerGroupOffsets("g", Map.of(FIRST, new OffsetAndMetadata(2))).all());
        say("reset", texts(take(subscribed(), 1)).get(0));
    }

    KafkaConsumer<String, String> subscribed() {
        KafkaConsumer<String, String> member = consumer("g", options.get("protocol").asText());
        member.subscribe(List.of("t"));
        return member;
    }

    KafkaConsumer<String, String> joined(String name, int[] changes) {
        KafkaConsumer<String, String> member = consumer("g", "eager", "group.instance.id", name);
        member.subscribe(List.of("t"), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                changes[0]++;
            }

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                changes[0]++;
            }
        });
        return member;
    }

    void staticMembers() {
        make(2, Map.of());
        int[] changes = {0};
        KafkaConsumer<String, String> other = joined("b", changes);
        KafkaConsumer<String, String> member = joined("a", new int[1]);
        shareOneEach("assigned", member, other);
        int before = changes[0];
        member.close();
        shareOneEach("back", joined("a", new int[1]), other);
        say("rebalancesOfTheOther", changes[0] - before);
    }

    void shareOneEach(String name, KafkaConsumer<String, String> one, KafkaConsumer<String, String> other) {
        until(() -> one.assignment().size() == 1 && other.assignment().size() == 1, () -> {
            one.poll(MOMENT);
            other.poll(MOMENT);
        }, name);
        say(name, new int[] {one.assignment().size(), other.assignment().size()});
    }

    void fenced() {
        make(1, Map.of());
        KafkaConsumer<String, String> member = joined("a", new int[1]);
        until(() -> !member.assignment().isEmpty(), () -> member.poll(MOMENT), "the first member's partition");
        KafkaConsumer<String, String> second = joined("a", new int[1]);
        boolean[] isFenced = {false};
        until(() -> isFenced[0], () -> {
            second.poll(MOMENT);
            try {
                member.poll(MOMENT);
            } catch (FencedInstanceIdException error) {
                isFenced[0] = true;
            }
        }, "the fenced member's error");
        say("isFenced", true);
    }

    void administer() {
        say("brokers", get(admin.describeCluster().nodes()).size());
        make(2, Map.of("retention.ms", "1000000"));
        KafkaConsumer<String, String> reading = consumer("g", "eager");
        say("topics", topics(), "partitions", reading.partitionsFor("t").size());
        try {
            make(2, Map.of());
        } catch (RuntimeException error) {
            say("again", Errors.forException(error).name());
        }
        get(admin.createPartitions(Map.of("t", NewPartitions.increaseTo(3))).all());
        // a consumer that knows the topic asks nobody again
        KafkaConsumer<String, String> later = consumer("g", "eager");
        say("grown", later.partitionsFor("t").size());
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "t");
        say("retention", retention(resource));
        AlterConfigOp set = new AlterConfigOp(new ConfigEntry("retention.ms", "2000000"), AlterConfigOp.OpType.SET);
        get(admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all());
        say("altered", retention(resource));
        write(producer(), numbers(10));
        get(admin.deleteRecords(Map.of(FIRST, RecordsToDelete.beforeOffset(6))).all());
        say("beginning", reading.beginningOffsets(List.of(FIRST)).get(FIRST));
        reading.subscribe(List.of("t"));
        take(reading, 1);
        reading.commitSync();
        reading.close();
        say("groups", groups(), "state", get(admin.describeConsumerGroups(List.of("g")).all()).get("g").state().toString());
        get(admin.deleteConsumerGroups(List.of("g")).all());
        say("groupsLeft", groups());
        get(admin.deleteTopics(List.of("t")).all());
        say("topicsLeft", topics());
    }

    Set<String> topics() {
        return new TreeSet<>(get(admin.listTopics().names()));
    }

    List<String> groups() {
        return get(admin.listConsumerGroups().all()).stream().map(each -> each.groupId()).collect(Collectors.toList());
    }

    String retention(ConfigResource resource) {
        return get(admin.describeConfigs(List.of(resource)).all()).get(resource).get("retention.ms").value();
    }

    void idempotence() {
        KafkaProducer<String, String> writing = producer("enable.idempotence", true, "batch.size", 200, "linger.ms", 1);
        write(writing, numbers(1000));
        say("values", texts(read(1000, 0, "read_committed")));
    }

    void transactions() {
        make(1, Map.of());
        KafkaProducer<String, String> writing = producer("transactional.id", "tx");
        writing.initTransactions();
        KafkaConsumer<String, String> member = consumer("g", "eager");
        writing.beginTransaction();
        write(writing, "a", "b");
        writing.sendOffsetsToTransaction(Map.of(FIRST, new OffsetAndMetadata(7)), member.groupMetadata());
        writing.commitTransaction();
        say("offset", member.committed(Set.of(FIRST)).get(FIRST).offset());
        writing.beginTransaction();
        write(writing, "c", "d");
        writing.sendOffsetsToTransaction(Map.of(FIRST, new OffsetAndMetadata(9)), member.groupMetadata());
        writing.abortTransaction();
        say("offsetAborted", member.committed(Set.of(FIRST)).get(FIRST).offset());
        writing.beginTransaction();
        write(writing, "e");
        writing.commitTransaction();
        say("committed", texts(read(3, 0, "read_committed")), "uncommitted", texts(read(5, 0, "read_uncommitted")));
        producer("transactional.id", "tx").initTransactions();
        try {
            writing.beginTransaction();
            write(writing, "f");
            writing.commitTransaction();
        } catch (ProducerFencedException | InvalidProducerEpochException error) {
            say("isFenced", true);
        }
    }
}
