"""200 malformed inputs and more: each gets a clear error or a dead letter, the platform stays up, nothing stored is lost."""

import base64
import json
import random
import socket
import struct
import time

import paho.mqtt.client as mqtt
import pytest

from conftest import pmu_message, subscribe, wait_until

# A minute ago, in whole seconds.
STAMP = (int(time.time()) - 60) * 1000
GOOD = {"device": "pmu-0123", "timestamp": STAMP,
        "readings": [{"component": "BUS1", "measurand": "voltmagnitude", "phase": "A", "data": 230.5}]}
TEXT = json.dumps(GOOD)


def changed(**changes):
    return json.dumps({**GOOD, **changes})


def reading(**changes):
    return json.dumps({**GOOD, "readings": [{**GOOD["readings"][0], **changes}]})


def without(key):
    return json.dumps({name: value for name, value in GOOD.items() if name != key})


def reading_without(key):
    return json.dumps({**GOOD, "readings": [{name: value for name, value in GOOD["readings"][0].items() if name != key}]})


def payloads():
    """Payloads that are no PMU message; each must come back as exactly one dead letter."""
    cut = [TEXT[:length] for length in range(1, len(TEXT))]
    types = [changed(**{key: value}) for key in ("device", "timestamp", "readings")
             for value in (None, True, {}, {"a": 1}, [[1]], "", -1.5e308)]
    readings = [reading(**{key: value}) for key, bad in [
        ("component", (1, [], {}, True)), ("measurand", (None, 1, [], {}, "")), ("phase", (7, [], {}, False)),
        ("data", (None, True, [], {}, "", "RANDOM", "1e999", "NaN", "Infinity", "0x10", "1,5"))] for value in bad]
    missing = [without(key) for key in GOOD] + [reading_without(key) for key in ("measurand", "data")]
    stamps = [changed(timestamp=stamp) for stamp in (
        "TIMESTAMP", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "2026-01-01T00:61:00Z",
        "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 0, -5, 1, "2026-01-01", "2026-01-01T00:00:00+99:00")]
    raw = [b"\xff\xfe\x00", TEXT.encode().replace(b"pmu-0123", b"pmu-\xc3\x28"), TEXT.encode().replace(b"BUS1", b"BUS\x001"), b"{", b"}", b"[",
           b"[]", b"nonsense", b"123", b'"text"', b"null", b"{}", b"{" * 5000, b"[" * 100000, TEXT.encode() + b"x",
           TEXT.encode().replace(b'"data"', b'"data":1,"data"', 1) + b",", b"\x00" * 100, b"# comment\n" + TEXT.encode(),
           TEXT.encode().replace(b"230.5", b"230.5.5"), TEXT.encode().replace(b"230.5", b"+230.5"), TEXT.encode().replace(b"230.5", b".5"),
           TEXT.encode().replace(b"230.5", b"1e999"), b'{"device":"\\ud800"}', TEXT.encode().replace(b":", b";"), b"A" * 10_000_000]
    encode = lambda items: [item if isinstance(item, bytes) else item.encode() for item in items]
    return encode(cut) + encode(types) + encode(readings) + encode(missing) + encode(stamps) + raw


@pytest.fixture
def bus(platform):
    """A client that publishes at QoS 1 and keeps the dead letters."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="malformed")
    client.username_pw_set("admin", "admin")
    client.letters = []
    client.on_message = lambda _client, _data, message: client.letters.append(message)
    client.connect("127.0.0.1", platform.databus_port)
    client.loop_start()
    subscribe(client, "deadletter/#", 1)
    yield client
    client.loop_stop()
    client.disconnect()


def test_each_malformed_payload_gives_one_dead_letter_that_names_the_reason(platform, bus):
    platform.publish("/pmu/dev", pmu_message(stamp=STAMP, A=230.0))
    wait_until(lambda: len(platform.rows("SELECT voltmagnitude FROM pmu")) == 1, "the good reading")
    cases = payloads()
    assert len(cases) >= 200
    for number, payload in enumerate(cases):
        bus.publish(f"/pmu/case-{number}", payload, qos=1).wait_for_publish(60)
    missing = lambda: set(range(len(cases))) - {int(letter.topic.rsplit("-", 1)[1]) for letter in bus.letters}
    deadline = time.monotonic() + 30
    while missing() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not missing(), [cases[number][:300] for number in missing()]
    by_topic = {}
    for letter in bus.letters:
        by_topic.setdefault(letter.topic, []).append(json.loads(letter.payload))
    for number, payload in enumerate(cases):
        letters = by_topic.get(f"deadletter//pmu/case-{number}", [])
        assert len(letters) == 1, f"{len(letters)} dead letters for {payload[:120]!r}"
        assert len(letters[0]["reason"]) > 10, letters[0]
    assert platform.alive()
    assert platform.rows("SELECT voltmagnitude FROM pmu") == [[time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(STAMP // 1000)), 230.0]]
    assert platform.service("database-adapter")["state"] == "running"


CONNECT = b"\x10\x1c\x00\x04MQTT\x04\xc2\x00\x00\x00\x02ab\x00\x05admin\x00\x05admin"


def packets():
    """Byte sequences that break MQTT 3.1.1; the broker closes that connection or ignores them, and lives on."""
    publish = b"\x30\x07\x00\x03a/bhi"
    bad = [
        b"\x00", b"\xff\xff\xff\xff\xff", b"\x10\xff\xff\xff\xff\x7f", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", publish,
        b"\x10\x00", b"\x10\x0c\x00\x04MQTX\x04\x02\x00\x00\x00\x00", b"\x10\x0c\x00\x04MQTT\x63\x02\x00\x00\x00\x00",
        b"\x10\x0c\x00\x04MQTT\x04\x03\x00\x00\x00\x00", b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02\xff\xfe",
        b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\xff\xff", CONNECT + CONNECT, CONNECT + b"\x31\xff\xff\xff\xff",
        CONNECT + b"\x36\x07\x00\x03a/bhi", CONNECT + b"\x32\x05\x00\x03a/b", CONNECT + b"\x32\x07\x00\x03a/b\x00\x00",
        CONNECT + b"\x30\x05\x00\x03a/#", CONNECT + b"\x30\x05\x00\x03a/+", CONNECT + b"\x30\x04\xff\xffab", CONNECT + b"\x30\x02\x00\x00",
        CONNECT + b"\x30\x05\x00\x03\xff\xfe\xfd", CONNECT + b"\x30\x05\x00\x03a\x00b", CONNECT + b"\x82\x02\x00\x01",
        CONNECT + b"\x82\x08\x00\x01\x00\x03a#b\x00", CONNECT + b"\x82\x08\x00\x01\x00\x03a/b\x07", CONNECT + b"\x80\x08\x00\x01\x00\x03a/b\x00",
        CONNECT + b"\x82\x08\x00\x00\x00\x03a/b\x00", CONNECT + b"\xa0\x07\x00\x01\x00\x03a/b", CONNECT + b"\x20\x02\x00\x00",
        CONNECT + b"\xd0\x00", CONNECT + b"\xc0\x01x", CONNECT + b"\xc1\x00", CONNECT + b"\x62\x01\x00", CONNECT + b"\x70\x03\x00\x01x",
        CONNECT + b"\xe0\x05hello", CONNECT + b"\xf0\x00", CONNECT + b"\x40\x02\x00\x00",
    ]
    generator = random.Random(20261123)
    for _ in range(60):
        whole = bytearray(CONNECT + publish + b"\x82\x08\x00\x01\x00\x03a/b\x00")
        for _ in range(generator.randint(1, 6)):
            whole[generator.randrange(len(whole))] = generator.randrange(256)
        bad.append(bytes(whole))
    bad.extend(bytes(generator.randrange(256) for _ in range(generator.randint(1, 200))) for _ in range(40))
    return bad


def send_raw(port, data, answer=True):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(15)
        received = b""
        try:
            while answer and (part := connection.recv(65536)):
                received += part
        except (ConnectionResetError, BrokenPipeError):
            pass
        return received


def test_bytes_that_break_mqtt_close_one_connection_and_nothing_else(platform):
    for data in packets():
        try:
            send_raw(platform.databus_port, data)
        except (ConnectionResetError, BrokenPipeError):
            pass
        assert platform.alive()
    platform.publish("/pmu/dev", pmu_message(A=230.0))
    wait_until(lambda: len(platform.rows("SELECT voltmagnitude FROM pmu")) == 1, "a good reading after all of this")


HTTP = [
    b"\r\n\r\n", b"GET\r\n\r\n", b"NONSENSE / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", b"GET  /  HTTP/1.1\r\n\r\n",
    b"POST /write?db=dsotp HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /write?db=dsotp HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /write?db=dsotp HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /write HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", CONNECT, b"GET /%ff%fe%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /console/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n", b"\x00" * 1000, b"GET / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n",
]


def test_http_nonsense_is_refused_and_the_gateway_lives_on(platform):
    for data in HTTP:
        try:
            answer = send_raw(int(platform.url.rsplit(":", 1)[1]), data)
            assert b"root:" not in answer
        except (ConnectionResetError, BrokenPipeError):
            pass
        assert platform.alive()
    assert platform.request("GET", "/health/live", user=None).status_code == 200


BAD_REQUESTS = [
    ("POST", "/write", dict(data="m v=1"), 400), ("POST", "/write?db=nope", dict(data="m v=1"), 404),
    ("POST", "/write?db=dsotp", dict(data="m v="), 400), ("POST", "/write?db=dsotp", dict(data="m"), 400),
    ("POST", "/write?db=dsotp", dict(data=b"\xff\xfe v=1"), 400), ("POST", "/write?db=dsotp", dict(data="m v=1 abc"), 400),
    ("POST", "/write?db=dsotp", dict(data=",a=b v=1"), 400), ("POST", "/write?db=dsotp", dict(data='m v="unclosed'), 400),
    ("POST", "/write?db=dsotp", dict(data="m v=1 99999999999999999999"), 400),
    ("POST", "/write?db=dsotp", dict(data=b"not gzip", headers={"Content-Encoding": "gzip"}), 400),
    ("POST", "/write?db=dsotp", dict(data=b"m v=1\n" * 5_000_000), 413),
    ("GET", "/query", {}, 400), ("GET", "/query?q=SELEC", {}, 400), ("GET", "/query?q=SELECT%20FROM", {}, 400),
    ("GET", "/query?db=dsotp&q=SELECT%20*%20FROM%20pmu%20WHERE", {}, 400), ("GET", "/query?q=%FF%FE", {}, 400),
    ("GET", "/query?q=" + "(" * 3000, {}, 400), ("GET", "/query?q=SELECT%20" + "-" * 3000 + "1%20FROM%20m", {}, 400),
    ("GET", "/api/services/nobody", {}, 404), ("POST", "/api/services/nobody/enable", {}, 404), ("POST", "/api/services/database-adapter/explode", {}, 404),
    ("GET", "/api/nobody/x", {}, 404), ("GET", "/nowhere", {}, 404), ("POST", "/api/login", dict(data="{"), 400),
    ("POST", "/api/login", dict(json={"user": "admin"}), 400), ("DELETE", "/api/services", {}, (404, 405)), ("PUT", "/health/live", {}, (404, 405)),
]


@pytest.mark.parametrize("limit", [None])
def test_a_bad_request_gets_an_error_in_words(platform, limit):
    for method, path, options, expected in BAD_REQUESTS:
        answer = platform.request(method, path, **options)
        expected = expected if isinstance(expected, tuple) else (expected,)
        assert answer.status_code in expected, f"{method} {path[:80]}: {answer.status_code} {answer.text[:200]}"
        assert len(answer.json()["error"]) > 5, f"{method} {path[:80]}: {answer.text[:200]}"
    for authorization in ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"nocolon").decode(), "Bearer", "Bearer x.y.z", "Digest a=b",
                          "Basic " + base64.b64encode(b"admin:wrong").decode(), "Basic " + base64.b64encode(b"\xff:\xfe").decode()]:
        answer = platform.request("GET", "/api/services", user=None, headers={"Authorization": authorization})
        assert answer.status_code in (401, 429), f"{authorization}: {answer.status_code}"
    assert platform.request("GET", "/api/services").status_code in (200, 429)
    assert platform.alive()


def test_a_payload_of_10_megabytes_on_a_topic_nobody_reads_is_passed_or_refused_but_harms_nobody(platform):
    platform.publish("somewhere/else", b"x" * 10_000_000)
    platform.publish("/pmu/dev", pmu_message(A=230.0))
    wait_until(lambda: len(platform.rows("SELECT voltmagnitude FROM pmu")) == 1, "the reading after the large payload")


def test_a_client_that_dribbles_or_stays_silent_does_not_stop_the_others(platform):
    idle = [socket.create_connection(("127.0.0.1", platform.databus_port)) for _ in range(50)]
    slow = [socket.create_connection(("127.0.0.1", int(platform.url.rsplit(":", 1)[1]))) for _ in range(50)]
    for connection in idle:
        connection.sendall(struct.pack("!B", 0x10))
    for connection in slow:
        connection.sendall(b"GET /api/ser")
    platform.publish("/pmu/dev", pmu_message(A=230.0))
    wait_until(lambda: len(platform.rows("SELECT voltmagnitude FROM pmu")) == 1, "the reading")
    for connection in idle + slow:
        connection.close()
