"""The main job: a reading published over MQTT is stored by a service, queried by a person, and the service is switched."""

import subprocess
import time

import pytest
from influxdb import InfluxDBClient

from conftest import pmu_message, wait_until

QUERY = "SELECT voltmagnitude FROM pmu WHERE device='pmu-0123' AND phase='A'"


def client_of(platform):
    host, port = platform.url.removeprefix("http://").split(":")
    return InfluxDBClient(host, int(port), "admin", "admin", "dsotp")


def values(client):
    return [point["voltmagnitude"] for point in client.query(QUERY).get_points()]


def test_readings_published_with_mosquitto_pub_come_back_through_the_public_influxdb_client(platform):
    now = int(time.time() * 1000)
    for index, volts in enumerate([229.5, 230.25, 231.0]):
        sent = platform.publish("/pmu/dev", pmu_message(stamp=now + index, A=volts, B=volts + 1, C=volts + 2))
        assert sent.returncode == 0, sent.stderr
    client = client_of(platform)
    wait_until(lambda: len(values(client)) == 3, "three readings to be stored")
    assert values(client) == [229.5, 230.25, 231.0]
    assert client.ping()
    assert {"name": "pmu"} in client.get_list_measurements()
    last = client.query("SELECT last(voltmagnitude) FROM pmu WHERE phase='C' GROUP BY device")
    assert [row["last"] for row in last.get_points()] == [233.0]


def test_a_disabled_service_stores_nothing_and_an_enabled_one_goes_on(platform):
    client = client_of(platform)
    platform.publish("/pmu/dev", pmu_message(A=230.0))
    wait_until(lambda: values(client) == [230.0], "the first reading")

    platform.switch("database-adapter", "disable")
    platform.publish("/pmu/dev", pmu_message(A=231.0), qos=0)
    assert platform.service("database-adapter")["state"] == "disabled"
    assert values(client) == [230.0]

    platform.switch("database-adapter", "enable")
    platform.publish("/pmu/dev", pmu_message(A=232.0))
    wait_until(lambda: 232.0 in values(client), "the reading after enabling")
    assert values(client) == [230.0, 232.0]


def test_a_persistent_subscription_of_the_service_loses_nothing_published_while_it_is_disabled(platform):
    client = client_of(platform)
    platform.publish("/pmu/dev", pmu_message(A=230.0))
    wait_until(lambda: values(client) == [230.0], "the first reading")
    platform.switch("database-adapter", "disable")
    now = int(time.time() * 1000)
    for index in range(50):
        platform.publish("/pmu/dev", pmu_message(stamp=now + index, A=300.0 + index))
    assert values(client) == [230.0]
    platform.switch("database-adapter", "enable")
    wait_until(lambda: len(values(client)) == 51, "the readings published meanwhile")
    assert values(client)[1:] == [300.0 + index for index in range(50)]


def test_a_clean_subscription_of_the_service_keeps_nothing_while_it_is_disabled(start, site):
    manifest = site / "services" / "database-adapter.yaml"
    manifest.write_text(manifest.read_text().replace("session: persistent", "session: clean"))
    platform = start()
    client = client_of(platform)
    platform.switch("database-adapter", "disable")
    platform.publish("/pmu/dev", pmu_message(A=231.0))
    platform.switch("database-adapter", "enable")
    platform.publish("/pmu/dev", pmu_message(A=232.0))
    wait_until(lambda: values(client), "the reading after enabling")
    assert values(client) == [232.0]


def test_a_persistent_session_of_mosquitto_sub_receives_what_was_published_while_it_was_away(platform):
    subscribe = ["mosquitto_sub", "-p", str(platform.databus_port), "-u", "admin", "-P", "admin", "-c", "-i", "control-room",
                 "-q", "1", "-t", "/pmu/#"]
    subprocess.run([*subscribe, "-E"], check=True, timeout=20)
    for index in range(20):
        platform.publish("/pmu/dev", f"message {index}")
    got = subprocess.run([*subscribe, "-C", "20", "-W", "20"], capture_output=True, text=True, timeout=40)
    assert got.stdout.split("\n")[:-1] == [f"message {index}" for index in range(20)]


def test_the_switch_is_remembered_when_the_platform_starts_again(start):
    platform = start()
    platform.switch("database-adapter", "disable")
    assert platform.stop() == 0
    platform.start()
    assert platform.service("database-adapter")["state"] == "disabled"
    platform.switch("database-adapter", "enable")
    assert platform.stop() == 0
    platform.start()
    wait_until(lambda: platform.service("database-adapter")["state"] == "running", "the adapter to run")


def test_what_cannot_be_parsed_goes_to_the_dead_letter_topic_with_the_reason(platform):
    listener = subprocess.Popen(
        ["stdbuf", "-oL", "mosquitto_sub", "-p", str(platform.databus_port), "-u", "admin", "-P", "admin", "-t", "deadletter/#", "-C", "1", "-W", "20",
         "-F", "%t %p", "-d"], stdout=subprocess.PIPE, text=True)
    # The debug lines say when the subscription stands.
    for line in listener.stdout:
        if "SUBACK" in line or "Subscribed" in line:
            break
    platform.publish("/pmu/dev", '{"device": "pmu-0123", "timestamp": "yesterday", "readings": []}')
    rest = listener.communicate(timeout=30)[0]
    letter = next(line for line in rest.split("\n") if line.startswith("deadletter/"))
    assert letter.startswith("deadletter//pmu/dev ")
    assert "yesterday" in letter and '"reason"' in letter


def test_services_report_what_they_did(platform):
    platform.publish("/pmu/dev", pmu_message(A=230.0, B=231.0))
    counters = wait_until(lambda: (c := platform.service("database-adapter")["counters"])["points_written"] == 2 and c, "two points counted")
    assert counters["received"] == counters["processed"] == 1
    metrics = platform.request("GET", "/metrics").text
    assert 'service="database-adapter"' in metrics
    answer = platform.request("GET", "/api/database-adapter/status")
    assert answer.status_code == 200, answer.text
    document = platform.request("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/api/database-adapter/status" in document["paths"] and "/api/services" in document["paths"]


def test_grafanas_queries_draw_the_stored_readings(platform):
    now = int(time.time() * 1000) // 1000 * 1000
    for second in range(10):
        platform.publish("/pmu/dev", pmu_message(stamp=now - second * 1000, A=230.0 + second))
    wait_until(lambda: platform.rows("SELECT count(voltmagnitude) FROM pmu") == [["1970-01-01T00:00:00Z", 10]], "ten readings")
    rows = platform.query(
        f'SELECT mean("voltmagnitude") FROM "pmu" WHERE ("device"::tag = \'pmu-0123\') AND time >= {now - 60000}ms and time <= {now}ms '
        'GROUP BY time(1s), "phase"::tag fill(none) ORDER BY time ASC', epoch="ms")
    series = rows["series"][0]
    assert series["tags"] == {"phase": "A"} and series["columns"] == ["time", "mean"]
    assert series["values"] == [[now - second * 1000, 230.0 + second] for second in reversed(range(10))]
    for statement in ['SHOW RETENTION POLICIES on "dsotp"', "SHOW MEASUREMENTS LIMIT 100", 'SHOW TAG KEYS FROM "pmu"',
                      'SHOW FIELD KEYS FROM "pmu"', 'SHOW TAG VALUES FROM "pmu" WITH KEY = "device"']:
        assert platform.query(statement)["series"][0]["values"], statement


@pytest.mark.parametrize("user", ["viewer", "operator"])
def test_only_engineers_switch_services(platform, user):
    answer = platform.request("POST", "/api/services/database-adapter/disable", user=user, password=user)
    assert answer.status_code == 403, answer.text
    assert platform.service("database-adapter")["state"] == "running"
