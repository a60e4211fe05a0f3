"""What was acknowledged survives kill -9 of the platform."""

import threading
import time

import paho.mqtt.client as mqtt
import requests

from conftest import pmu_message, wait_until


def test_every_write_acknowledged_over_http_survives_kill_9(start):
    platform = start()
    acknowledged, stop = [], threading.Event()

    def write(lane):
        session, index = requests.Session(), 0
        while not stop.is_set():
            body = "\n".join(f"crash,lane={lane} value={index}.5 {1_700_000_000_000_000_000 + index * 100 + k}" for k in range(20))
            try:
                answer = session.post(platform.url + "/write?db=dsotp", data=body, auth=("admin", "admin"), timeout=10)
            except requests.RequestException:
                return
            if answer.status_code == 204:
                acknowledged.append((lane, index))
            index += 1

    lanes = [threading.Thread(target=write, args=(lane,)) for lane in range(4)]
    for lane in lanes:
        lane.start()
    wait_until(lambda: len(acknowledged) > 100, "a hundred acknowledged writes")
    platform.kill()
    stop.set()
    for lane in lanes:
        lane.join()

    platform.start()
    for lane in range(4):
        expected = 20 * len([1 for entry in acknowledged if entry[0] == lane])
        count = platform.rows(f"SELECT count(value) FROM crash WHERE lane='{lane}'")[0][1]
        assert count >= expected, f"lane {lane}: {expected} points acknowledged, {count} there"


def test_every_reading_acknowledged_over_mqtt_survives_kill_9_where_the_manifest_says_stored(start, site):
    assert "acknowledge: stored" in (site / "services" / "database-adapter.yaml").read_text()
    platform = start()
    acknowledged = set()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="crash-pmu")
    client.username_pw_set("admin", "admin")
    client.on_publish = lambda _client, _data, identifier, *_: acknowledged.add(identifier)
    client.max_inflight_messages_set(200)
    client.connect("127.0.0.1", platform.databus_port)
    client.loop_start()
    stamp, sent = int(time.time() * 1000) - 1_000_000, {}
    for index in range(5000):
        sent[client.publish("/pmu/dev", pmu_message(stamp=stamp + index, A=float(index)), qos=1).mid] = index
        if len(acknowledged) > 1000:
            break
    wait_until(lambda: len(acknowledged) > 1000 or len(acknowledged) == len(sent), "acknowledgements", 60)
    client.reconnect_delay_set(600, 600)
    platform.kill()
    client.loop_stop()
    expected = {float(sent[identifier]) for identifier in acknowledged if identifier in sent}
    assert len(expected) > 500

    platform.start()
    stored = {row[1] for row in platform.rows("SELECT voltmagnitude FROM pmu WHERE device='pmu-0123'")}
    assert expected - stored == set()


def test_a_second_platform_on_the_same_data_is_refused_with_a_sentence(start):
    first = start()
    second = start(expect_ready=False)
    wait_until(lambda: not second.alive(), "the second platform to end")
    assert second.process.returncode != 0
    second.reader.join(5)
    assert "another" in second.output() or "in use" in second.output(), second.output()
    assert first.alive()
