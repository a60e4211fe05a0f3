"""The databus on an external broker: the demonstration on RabbitMQ, outages under load, refusals told in sentences, TLS; mosquitto beside it."""

import json
import os
import re
import subprocess

import pytest
import yaml

from brokers import BROKERS, USER, Devices, LinkedPlatform, RabbitMQ, certificates, free_port
from conftest import pmu_message, subscribe, wait_until


def link_site(site, port, **broker):
    """Has the site's databus linked to a broker on this machine."""
    settings = yaml.safe_load((site / "site.yaml").read_text())
    settings["databus"] = {"driver": "mqtt", "maximum_packet": "16MiB", "broker": {
        "addresses": [f"localhost:{port}"], "user": USER, "password": "${BROKER_PASSWORD}", "longest_pause": "1s", "dot": "%2E", **broker}}
    (site / "site.yaml").write_text(yaml.safe_dump(settings))
    return site


@pytest.fixture
def run(executable, tmp_path):
    """A function that starts the platform on a linked site."""
    started = []

    def runner(site):
        started.append(LinkedPlatform(site, tmp_path / "data"))
        return started[-1].start()

    yield runner
    for platform in started:
        platform.stop()


@pytest.fixture
def broker(request, tmp_path):
    """The broker that the test names, running."""
    one = BROKERS[request.param](tmp_path / "broker")
    try:
        yield one.start()
    finally:
        one.close()


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory):
    """One RabbitMQ for the tests that leave it running, with a port for TLS."""
    folder = tmp_path_factory.mktemp("rabbit")
    one = RabbitMQ(folder / "node", certificates(folder / "certificates"))
    try:
        yield one.start()
    finally:
        one.close()


both = pytest.mark.parametrize("broker", list(BROKERS), indirect=True)


def stored(platform):
    """The numbers in the store, by device."""
    answer = platform.query("SELECT voltmagnitude FROM pmu GROUP BY device")
    return {series["tags"]["device"]: {int(row[1]) for row in series["values"] if row[1] is not None} for series in answer.get("series", [])}


def check_stored(platform, acknowledged):
    """All that the broker has acknowledged to devices reaches the store."""
    def missing():
        found = stored(platform)
        return [(device, number) for device, numbers in acknowledged.items() for number in sorted(set(numbers) - found.get(device, set()))]

    try:
        wait_until(lambda: not missing(), "the acknowledged readings to be stored", 60)
    finally:
        assert not missing(), f"{len(missing())} of {sum(map(len, acknowledged.values()))} are missing, {missing()[:10]} …; {platform.link()}"


def test_every_service_of_the_demonstration_works_over_rabbitmq(run, whole_site, rabbit):
    platform = run(link_site(whole_site, rabbit.port)).linked()
    names = [service["name"] for service in platform.request("GET", "/api/services").json()["services"]]
    assert len(names) >= 5
    for name in names:
        wait_until(lambda: platform.service(name)["state"] == "running", f"{name} to run", 60)

    estimates = []
    control_centre = rabbit.client("control-centre")
    control_centre.on_message = lambda _, __, message: estimates.append(json.loads(message.payload))
    subscribe(control_centre, "estimates/cigre-mv", 1)
    wait_until(lambda: platform.rows("SELECT voltmagnitude FROM pmu WHERE device = 'pmu-N3' LIMIT 1"), "readings of the emulated PMUs to be stored", 60)
    wait_until(lambda: any(len(estimate["nodes"]) == 15 for estimate in estimates), "estimates at the external broker", 60)
    wait_until(lambda: platform.rows("SELECT voltmagnitude FROM estimate WHERE node = 'N14' LIMIT 1"), "estimates in the store", 60)

    orders = []
    control_centre.message_callback_add("switches/+/command", lambda _, __, message: orders.append(message.topic))
    subscribe(control_centre, "switches/+/command", 1)
    answer = platform.request("POST", "/api/commands", user="operator", password="operator", json={
        "topic": "switches/L3-4.N4/command", "payload": {"position": "open"}, "reason": "test",
        "confirm": {"topic": "switches/L3-4.N4", "field": "position", "value": "open", "within_seconds": 30}})
    assert answer.status_code == 200, answer.text
    command = f"/api/commands/{answer.json()['command']}"
    wait_until(lambda: platform.request("GET", command).json()["outcome"] == "confirmed", "the switch to confirm, by way of the broker", 60)
    wait_until(lambda: orders, "the order at the control centre, which may come after the switch's answer")
    assert orders == ["switches/L3-4%2EN4/command"], "RabbitMQ takes a dot for a slash"
    dead = lambda: {each["id"] for each in estimates[-1]["nodes"] if not each["energised"]}
    wait_until(lambda: dead() == {"N4", "N5", "N6"}, "the estimate to know of the open switch", 60)
    control_centre.disconnect()
    control_centre.loop_stop()

    link = platform.link()
    assert link["connected"] and link["subscriptions"] > 3 and link["received"] > 0 and link["sent"] > 0 and "problem" not in link
    assert platform.metric("dsotp_databus_link_connected") == 1 and platform.metric("dsotp_databus_link_dropped_total") == 0


@both
def test_a_broker_that_ends_and_starts_again_under_load_loses_nothing_acknowledged(run, site, broker):
    platform = run(link_site(site, broker.port, client_id="host")).linked()
    devices = Devices(broker)
    try:
        for end in broker.survives:
            begun = devices.acknowledged
            wait_until(lambda: devices.acknowledged > begun + 300, "the load to flow", 60)
            end()
            wait_until(lambda: platform.health()["status"] == "degraded", "the platform to notice", 30)
            assert platform.health()["reason"] == "the databus has no connection to its external broker"
            assert platform.metric("dsotp_databus_link_connected") == 0
            broker.start()
            platform.linked()
        resumed = devices.acknowledged
        wait_until(lambda: devices.acknowledged > resumed + 300, "the load to flow again", 60)
        acknowledged = devices.end()
    finally:
        devices.close()
    assert sum(map(len, acknowledged.values())) > 900
    check_stored(platform, acknowledged)
    assert platform.link()["connections"] >= 3
    assert len(re.findall("linked to the broker", platform.output())) == platform.link()["connections"]


@both
def test_what_arrives_while_the_host_is_killed_waits_at_the_broker(run, site, broker):
    platform = run(link_site(site, broker.port, client_id="host")).linked()
    devices = Devices(broker)
    try:
        for outage in range(2):
            begun = devices.acknowledged
            wait_until(lambda: devices.acknowledged > begun + 300, "the load to flow", 60)
            platform.kill()
            away = devices.acknowledged
            wait_until(lambda: devices.acknowledged > away + 300, "the broker to acknowledge while the host is away", 60)
            platform.start().linked()
        acknowledged = devices.end()
    finally:
        devices.close()
    check_stored(platform, acknowledged)
    assert "its session is resumed" in platform.output()


def test_addresses_are_tried_in_turn_and_what_services_publish_arrives(run, site, rabbit):
    addresses = [f"127.0.0.1:{port}" for port in (free_port(), rabbit.port)]
    platform = run(link_site(site, rabbit.port, addresses=addresses)).linked()
    assert platform.link()["address"] == addresses[1]
    letters = []
    reader = rabbit.client("reader")
    reader.on_message = lambda _, __, message: letters.append(message.topic)
    subscribe(reader, "deadletter/#", 1)
    reader.publish("/pmu/dev", "no JSON", 1).wait_for_publish(10)
    wait_until(lambda: letters == ["deadletter//pmu/dev"], f"the dead letter: {letters}")
    reader.publish("/pmu/dev", pmu_message("pmu-1", A=11547.0), 1).wait_for_publish(10)
    wait_until(lambda: platform.rows("SELECT voltmagnitude FROM pmu WHERE device = 'pmu-1'"), "the reading to be stored")
    reader.disconnect()
    reader.loop_stop()


@pytest.mark.parametrize("change, sentence", [
    ({"password": "wrong"}, "refuses the connection: it does not know user 'grid', or the password is wrong (CONNACK 4)"),
    ({"addresses": "nobody"}, "cannot be reached: connection refused"),
    ({"addresses": "tls", "tls": "other.pem"}, "cannot be trusted: its certificate is not signed by an authority in '"),
    ({"addresses": "tls", "tls": "ca.pem", "server_name": "elsewhere"}, "cannot be trusted: its certificate is not for 'elsewhere'"),
    ({"addresses": "tls"}, "speaks TLS at this port, and the link was told not to"),
    ({"tls": "ca.pem"}, "cannot be trusted: it broke off while TLS began: does it speak TLS at this port?"),
])
def test_what_keeps_the_link_from_standing_is_told_once_in_a_sentence_and_tried_again(run, site, rabbit, change, sentence):
    port = {"nobody": free_port(), "tls": rabbit.tls_port}.get(change.get("addresses"), rabbit.port)
    settings = {"longest_pause": "200ms"}
    if "password" in change:
        settings["password"] = change["password"]
    if "tls" in change:
        settings["tls"] = {"ca": str(rabbit.tls / change["tls"]), **({"server_name": change["server_name"]} if "server_name" in change else {})}
    platform = run(link_site(site, port, **settings))
    assert platform.health() == {"status": "degraded", "reason": "the databus has no connection to its external broker"}
    wait_until(lambda: platform.link()["failures"] >= 3, "some attempts")
    link = platform.link()
    assert not link["connected"] and sentence in link["problem"], link
    told = [line for line in platform.lines if "trying again until it works" in line]
    assert len(told) == 1 and f"the broker at localhost:{port} {sentence}" in told[0], told
    assert platform.service("database-adapter")["state"] == "running"
    platform.stop()


def test_over_tls_with_the_right_authority_the_link_stands(run, site, rabbit):
    platform = run(link_site(site, rabbit.tls_port, tls={"ca": str(rabbit.tls / "ca.pem")})).linked()
    device = rabbit.client("device")
    device.publish("/pmu/dev", pmu_message("pmu-1", A=11547.0), 1).wait_for_publish(10)
    wait_until(lambda: platform.rows("SELECT voltmagnitude FROM pmu WHERE device = 'pmu-1'"), "the reading to be stored")
    device.disconnect()
    device.loop_stop()


def test_check_finds_what_is_wrong_with_the_broker_in_the_manifest(executable, site):
    def check(**broker):
        link_site(site, 8883, **broker)
        return subprocess.run([executable, "check", site], capture_output=True, text=True, env=dict(os.environ, BROKER_PASSWORD="x"))

    assert check().returncode == 0
    missing = check(tls={"ca": "ca.pem"})
    assert missing.returncode != 0 and f"cannot be read from '{site}/ca.pem'" in missing.stdout + missing.stderr
    unset = subprocess.run([executable, "check", site], capture_output=True, text=True)
    assert unset.returncode != 0 and "the environment variable BROKER_PASSWORD is not set" in unset.stdout + unset.stderr
