"""Several hosts on one broker and one engine: what a service writes on one host, a service on another reads, whichever host writes."""

import subprocess

import pytest

from brokers import BROKERS, USER, LinkedPlatform
from conftest import REPOSITORY, subscribe, wait_until
from engines import Engine

SITE = """
site: shared
databus: {driver: mqtt, broker: {addresses: ["localhost:%d"], user: %s, password: "${BROKER_PASSWORD}", longest_pause: 1s}}
hosts: {ttl: 5s}
storage: {driver: %s, url: "%s", flush_interval: 100ms, catalogue_refresh: 200ms}
plugins: {folders: [%s]}
access: {users: [{name: admin, role: admin, password: admin}]}
"""
SERVICES = {
    "writer": "hosts: [one, two]\nsubscribe: [{topic: samples/+, qos: 1, acknowledge: stored}]\ntimeseries: {write: [{database: dsotp, measurement: flow}]}\n",
    "reader": "hosts: [two]\nsubscribe: [{topic: ask, qos: 1}]\npublish: [answers/#]\ntimeseries: {read: [{database: dsotp, measurement: flow}]}\n",
}


@pytest.fixture(params=[("mosquitto", "influxdb"), ("mosquitto", "victoriametrics")], ids=" and ".join)
def middle(request, tmp_path):
    """A broker and an engine, running."""
    broker, engine = BROKERS[request.param[0]](tmp_path / "broker"), Engine(request.param[1], tmp_path / "engine")
    try:
        yield broker.start(), engine.start()
    finally:
        broker.close()
        engine.stop()


@pytest.fixture
def host(executable, middle, tmp_path):
    """A function that starts a host of the site by its name."""
    broker, engine = middle
    site, plugins = tmp_path / "site", tmp_path / "plugins"
    (site / "services").mkdir(parents=True)
    plugins.mkdir(mode=0o755)
    subprocess.run(["cc", "-std=c11", "-shared", "-fPIC", f"-I{REPOSITORY}/PluginAPI/CPluginAPI", "-o", plugins / "libflow.so",
                    REPOSITORY / "Tests" / "Integration" / "33-hosts" / "flow.c"], check=True)
    (site / "site.yaml").write_text(SITE % (broker.port, USER, engine.driver, engine.url, plugins))
    for name, text in SERVICES.items():
        (site / "services" / f"{name}.yaml").write_text(f"service: {name}\nlibrary: flow\n{text}")
    started = []

    def starter(name):
        started.append(Host(site, tmp_path / f"data-{name}", ["--host-name", name]))
        return started[-1].start()

    yield starter
    for one in started:
        one.stop()


class Host(LinkedPlatform):
    """One of the hosts."""

    def runs(self, service):
        return f"running: {service}, org.example.flow" in self.output()

    def session(self, service):
        """The service's own session at the broker, once it is subscribed; None where it has none here."""
        return next((session for session in self.link()["sessions"] if session["service"] == service and session["subscriptions"] == 1), None)


def test_a_service_reads_on_one_host_what_another_writes_on_whichever_host(middle, host):
    broker, _ = middle
    one = host("one")
    wait_until(lambda: one.runs("writer"), "the writer to run on host one")
    two = host("two")
    wait_until(lambda: two.runs("reader"), "the reader to run on host two")
    answers = []
    client = broker.client("tester")
    client.on_message = lambda _client, _data, message: answers.append(message.payload.decode())
    subscribe(client, "answers/#", 1)

    def publish(numbers):
        for message in [client.publish("samples/1", number, qos=1) for number in numbers]:
            message.wait_for_publish(30)

    def reads(*ranges):
        """Asks until the reader has all, as soon as the engine has."""
        numbers = [number for one in ranges for number in one]
        def asked():
            known = len(answers)
            client.publish("ask", "", qos=1)
            wait_until(lambda: len(answers) > known, "an answer of the reader: " + two.output()[-1500:])
            return answers[-1] == f"{len(numbers)} {sum(numbers)}"
        wait_until(asked, f"the reader to find {len(numbers)} points:\n" + two.output()[-1500:])

    publish(range(500))
    reads(range(500))
    one.kill()
    publish(range(500, 1000))
    assert not two.runs("writer"), "all of that while no host runs the writer"
    reads(range(1000))
    assert two.runs("writer")

    # Whom a person switches off, nothing waits for: the broker is not filled.
    two.switch("writer", "disable")
    assert two.session("writer") is None
    publish(range(1000, 1100))
    two.switch("writer", "enable")
    wait_until(lambda: two.session("writer"), "the writer to be subscribed again")
    publish(range(1100, 1200))
    reads(range(1000), range(1100, 1200))
    client.loop_stop()
    client.disconnect()
