"""Storage on an external engine: the same answers as the embedded store, and nothing that was acknowledged is lost when the engine or the host dies."""

import json
import re
import shutil
import subprocess
import threading
import time

import pytest
import requests

from brokers import certificates
from conftest import pmu_message, wait_until
from engines import EXECUTABLES, Engine, TLSProxy, use_engine

DRIVERS = list(EXECUTABLES)


@pytest.fixture
def engine(tmp_path):
    """A function that starts an engine; all are ended after the test."""
    started = []

    def starter(driver, **options):
        started.append(Engine(driver, tmp_path / f"engine-{len(started)}", **options))
        return started[-1].start()

    yield starter
    for one in started:
        one.stop()


def metric(platform, name):
    text = platform.request("GET", "/metrics").text
    return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])


def drained(platform, seconds=120):
    wait_until(lambda: metric(platform, "dsotp_storage_spool_points") == 0, "the spool to drain", seconds)


def health(platform):
    return requests.get(platform.url + "/health/ready", timeout=10)


QUERIES = [
    "SHOW MEASUREMENTS", "SHOW FIELD KEYS", "SHOW TAG VALUES FROM pmu WITH KEY = device", "SHOW SERIES",
    "SELECT mean(voltmagnitude), count(voltmagnitude), max(voltmagnitude) FROM pmu WHERE time >= {from_}ms AND time < {to}ms GROUP BY time(1s), phase fill(none)",
    "SELECT last(voltmagnitude) FROM pmu GROUP BY device, phase",
    "SELECT voltmagnitude FROM pmu WHERE device = 'pmu-0123' AND phase = 'A' ORDER BY time DESC LIMIT 7",
    "SELECT percentile(voltmagnitude, 90) FROM pmu WHERE time >= {from_}ms GROUP BY device",
]


def test_engines_and_the_embedded_store_give_the_same_answers_on_the_same_readings(start, site, engine, tmp_path):
    stamp = int(time.time()) * 1000 - 60_000
    messages = [pmu_message(device=device, stamp=stamp + 20 * index, A=230 + (index * 7 % 11) / 4, B=231.5 + index / 1000, C=229.0)
                for index in range(200) for device in ("pmu-0123", "pmu-0124")]
    answers = {}
    for driver in ["embedded", *DRIVERS]:
        folder = tmp_path / f"site-{driver}"
        subprocess.run(["cp", "-r", site, folder], check=True)
        if driver != "embedded":
            use_engine(folder, engine(driver))
        platform = start(site=folder, data=tmp_path / f"data-{driver}")
        sender = subprocess.run(["mosquitto_pub", "-p", str(platform.databus_port), "-u", "admin", "-P", "admin", "-t", "/pmu/dev", "-q", "1", "-l"],
                                input="\n".join(messages).encode(), capture_output=True, timeout=120)
        assert sender.returncode == 0, sender.stderr
        wait_until(lambda: platform.rows("SELECT count(voltmagnitude) FROM pmu")[0][1] == 1200, "all readings to be readable", 60)
        texts = [text.format(from_=stamp, to=stamp + 60_000) for text in QUERIES]
        before = [platform.query(text, epoch="ms") for text in texts]
        if driver != "embedded":
            drained(platform)
            # What had been read from the spool is now read from the engine.
            platform.stop()
            platform.start()
        answers[driver] = [platform.query(text, epoch="ms") for text in texts]
        assert answers[driver] == before
        platform.stop()
    for driver in DRIVERS:
        for text, expected, got in zip(QUERIES, answers["embedded"], answers[driver]):
            assert got == expected, f"{driver}: {text}"
    assert len(answers["embedded"][4]["series"]) == 3 and answers["embedded"][5]["series"]


class Load:
    """Writes points over HTTP from several threads, and remembers which were acknowledged."""

    def __init__(self, platform, lanes=3, points=200):
        self.platform, self.points = platform, points
        self.base = time.time_ns() // 10**9 * 10**9 - 3600 * 10**9
        self.acknowledged, self.refused, self.stopping = [0] * lanes, [], threading.Event()
        self.lanes = [threading.Thread(target=self._write, args=(lane,)) for lane in range(lanes)]
        for lane in self.lanes:
            lane.start()

    def _write(self, lane):
        session, index = requests.Session(), 0
        while not self.stopping.is_set():
            body = "\n".join(f"load,lane={lane} value={index}.5 {self.base + (index + k) * 10**6}" for k in range(self.points))
            try:
                answer = session.post(self.platform.url + "/write?db=dsotp", data=body, auth=("admin", "admin"), timeout=60)
            except requests.RequestException:
                return
            if answer.status_code != 204:
                self.refused.append(answer.text)
                return
            index += self.points
            self.acknowledged[lane] = index
            # Some ten thousand points a second in all: an outage of them is read back whole.
            self.stopping.wait(0.05)

    def stop(self):
        self.stopping.set()
        for lane in self.lanes:
            lane.join()

    def missing(self):
        """Acknowledged points that are not there, by lane."""
        result = {}
        for lane, count in enumerate(self.acknowledged):
            rows = self.platform.rows(f"SELECT value FROM load WHERE lane='{lane}'", epoch="ms")
            times = {row[0] for row in rows}
            result[lane] = [k for k in range(count) if self.base // 10**6 + k not in times]
        return result


@pytest.mark.parametrize("driver", DRIVERS)
def test_an_engine_killed_under_load_and_away_loses_nothing_that_was_acknowledged(start, site, engine, driver, record_property):
    tsdb = engine(driver)
    use_engine(site, tsdb)
    platform = start()
    load = Load(platform)
    wait_until(lambda: metric(platform, "dsotp_storage_engine_points_sent_total") > 5_000, "points to reach the engine", 60)
    tsdb.kill()
    killed = time.monotonic()
    wait_until(lambda: health(platform).json()["status"] == "degraded", "the outage to be told", 30)
    answer = health(platform)
    assert answer.status_code == 200 and "wait in the spool" in answer.json()["reason"] and str(tsdb.port) not in answer.text
    assert metric(platform, "dsotp_storage_engine_up") == 0
    before = sum(load.acknowledged)
    wait_until(lambda: time.monotonic() > killed + 10, "10 s of outage", 15)
    assert sum(load.acknowledged) > before + 1_000 and not load.refused, "points are taken during the outage"
    error = platform.query("SELECT count(value) FROM load")["error"]
    assert "cannot be reached: connection refused" in error, error
    spooled = metric(platform, "dsotp_storage_spool_points")
    assert spooled > 1_000
    tsdb.start()
    back = time.monotonic()
    wait_until(lambda: metric(platform, "dsotp_storage_spool_points") < spooled / 20, "the spool to catch up under load", 120)
    caught_up = time.monotonic() - back
    load.stop()
    drained(platform)
    record_property("catch_up", f"{driver}: {spooled:.0f} points in {caught_up:.1f} s under load")
    print(f"{driver}: {spooled:.0f} points caught up in {caught_up:.1f} s while {sum(load.acknowledged)} were written in all")
    assert health(platform).json() == {"status": "ready"}
    assert not load.refused and load.missing() == {0: [], 1: [], 2: []}
    # And once more from the engine alone.
    platform.stop()
    platform.start()
    assert load.missing() == {0: [], 1: [], 2: []}
    assert metric(platform, "dsotp_storage_engine_points_rejected_total") == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_the_spool_survives_kill_9_of_the_host_while_the_engine_is_away(start, site, engine, driver):
    tsdb = engine(driver)
    use_engine(site, tsdb)
    platform = start()
    tsdb.kill()
    load = Load(platform)
    wait_until(lambda: sum(load.acknowledged) > 20_000, "points in the spool", 60)
    platform.kill()
    load.stop()
    platform.start()
    assert metric(platform, "dsotp_storage_spool_points") >= sum(load.acknowledged)
    tsdb.start()
    drained(platform)
    load.platform = platform
    assert load.missing() == {0: [], 1: [], 2: []}


def test_a_full_spool_leaves_readings_unacknowledged_until_the_engine_is_back(start, site, engine):
    import paho.mqtt.client as mqtt

    assert "acknowledge: stored" in (site / "services" / "database-adapter.yaml").read_text()
    tsdb = engine("influxdb")
    use_engine(site, tsdb, spool_size="16MiB")
    platform = start()
    tsdb.kill()
    text, full = "x" * 60_000, None
    for index in range(1000):
        answer = platform.request("POST", f"/write?db=dsotp", data=f'notes text="{index}{text}" {index + 1}')
        if answer.status_code != 204:
            full = answer
            break
    assert full is not None and full.status_code == 503
    assert full.json()["error"].startswith("The spool is full (") and "connection refused" in full.json()["error"], full.text
    assert health(platform).status_code == 503 and "spool is full" in health(platform).text
    acknowledged = set()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="patient-pmu")
    client.username_pw_set("admin", "admin")
    client.on_publish = lambda _client, _data, identifier, *_: acknowledged.add(identifier)
    client.connect("127.0.0.1", platform.databus_port)
    client.loop_start()
    message = client.publish("/pmu/dev", pmu_message(A=231.25), qos=1)
    wait_until(lambda: metric(platform, "dsotp_storage_spool_refusals_total") >= 2, "the reading to be refused by the store", 30)
    assert not acknowledged
    tsdb.start()
    wait_until(lambda: message.mid in acknowledged, "the reading to be acknowledged", 90)
    client.loop_stop()
    assert platform.rows("SELECT voltmagnitude FROM pmu")[-1][1] == 231.25
    wait_until(lambda: health(platform).json() == {"status": "ready"}, "the platform to be ready", 30)


def test_a_wrong_password_and_an_unknown_host_are_told_in_words_and_points_wait(start, site, engine, tmp_path):
    tsdb = engine("influxdb", password="right")
    requests.post(tsdb.url + "/query", data={"q": "CREATE USER dsotp WITH PASSWORD 'right' WITH ALL PRIVILEGES"}, timeout=30)
    template = site / "site.yaml"
    original = template.read_text()
    use_engine(site, tsdb, user="dsotp", password="wrong")
    platform = start()
    sentence = f"InfluxDB at {tsdb.url} refuses the user or the password, or the user lacks the right to"
    wait_until(lambda: sentence in platform.output(), "the sentence about the password", 30)
    assert platform.request("POST", "/write?db=dsotp", data="m value=1").status_code == 204
    platform.stop()
    assert "wrong" not in platform.output()
    template.write_text(original)
    use_engine(site, tsdb, user="dsotp", password="right")
    platform.start()
    drained(platform)
    assert tsdb.query("SELECT value FROM m")["series"][0]["values"][0][1] == 1
    platform.stop()
    template.write_text(original)
    tsdb.url = "http://no-such-host.invalid:8086"
    use_engine(site, tsdb)
    other = start(data=tmp_path / "other")
    wait_until(lambda: "the name 'no-such-host.invalid' is unknown" in other.output(), "the sentence about the name", 60)


def test_an_engine_behind_tls_is_trusted_by_the_authority_that_the_site_names_and_no_other(start, site, engine, tmp_path):
    pem, tsdb = certificates(tmp_path / "pem"), engine("influxdb")
    proxy, file = TLSProxy(pem, tsdb.port), site / "authorities.pem"
    tsdb.url = proxy.url
    shutil.copy(pem / "other.pem", file)
    use_engine(site, tsdb, ca_file="authorities.pem")
    platform = start()
    sentence = f"{proxy.url} cannot be trusted: its certificate is not signed by an authority in '{file}', or has expired"
    wait_until(lambda: sentence in platform.output(), "the sentence about the authority")
    assert platform.request("POST", "/write?db=dsotp", data="m value=1").status_code == 204
    wait_until(lambda: metric(platform, "dsotp_storage_spool_points") == 1, "the point to wait in the spool")
    state = platform.request("GET", "/api/storage").json()["engine"]
    assert not state["connected"] and sentence in state["problem"] and state["waiting_points"] == 1 and state["sent"] == 0, state
    platform.stop()
    shutil.copy(pem / "ca.pem", file)
    platform.start()
    drained(platform)
    state = platform.request("GET", "/api/storage").json()["engine"]
    assert state["connected"] and state["address"].startswith("https://localhost:") and "problem" not in state, state
    assert platform.rows("SELECT value FROM m")[0][1] == 1
    platform.stop()
    # The same server by a name that its certificate is not for.
    path = site / "site.yaml"
    path.write_text(path.read_text().replace("https://localhost:", "https://127.0.0.1:"))
    platform.start()
    wait_until(lambda: "cannot be trusted: its certificate is not for '127.0.0.1'" in platform.output(), "the sentence about the name")
    proxy.close()


FAULTS = [
    ({"driver": "influxdb"}, "storage lacks the key 'url' (expected the engine's address, such as http://tsdb:8086; got nothing; add the key)"),
    ({"driver": "victoriametrics", "write_url": "http://a"}, "expected url alone, or write_url and query_url"),
    ({"driver": "influxdb", "url": "tsdb:8086"}, "the address of the storage engine is malformed (expected http://host:port/path"),
    ({"driver": "embedded", "url": "http://tsdb:8086"}, "'url' of storage is for an engine on the network"),
    ({"driver": "influxdb", "url": "http://tsdb:8086", "password": "x"}, "a password of storage belongs to a user"),
    ({"driver": "influxdb", "url": "http://tsdb:8086", "spool_size": "1MiB"}, "'spool_size' of storage is out of range"),
    ({"driver": "influxdb", "url": "https://tsdb:8086", "ca_file": "nowhere.pem"}, "nowhere.pem cannot be read"),
    ({"driver": "influxd", "url": "http://tsdb:8086"}, "did you mean 'influxdb'?"),
]


@pytest.mark.parametrize("settings, sentence", FAULTS)
def test_check_refuses_what_is_wrong_about_an_engine(executable, site, settings, sentence):
    path = site / "site.yaml"
    path.write_text(re.sub(r"storage:\n(  .*\n)+", f"storage: {json.dumps(settings)}\n", path.read_text()))
    result = subprocess.run([executable, "check", site], capture_output=True, text=True, timeout=60)
    output = result.stdout + result.stderr
    assert result.returncode == 1 and "site.yaml:" in output and sentence in output, output


def test_two_hosts_on_one_engine_read_what_the_other_writes(start, site, engine, tmp_path):
    tsdb = engine("victoriametrics")
    use_engine(site, tsdb, catalogue_refresh="200ms")
    first, second = start(data=tmp_path / "first"), start(data=tmp_path / "second")
    now = time.time_ns()
    assert first.request("POST", "/write?db=dsotp", data=f"shared,host=first value=1 {now}").status_code == 204
    assert second.request("POST", "/write?db=dsotp", data=f"shared,host=second value=2 {now}").status_code == 204
    for platform in (first, second):
        wait_until(lambda: sorted(series["values"][0][1] for series in platform.query("SELECT last(value) FROM shared GROUP BY host").get("series", []))
                   == [1, 2], "both hosts' points", 60)
