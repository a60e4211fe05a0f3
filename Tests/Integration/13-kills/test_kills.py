"""kill -9 of services' processes and of the platform: nothing acknowledged is missing, nothing is left over, and it is told."""

import os
import random
import signal
import time

import paho.mqtt.client as mqtt

from conftest import pmu_message, wait_until
from containment import Load, check_stored, processes_of, workshop  # noqa: F401

KILLS = int(os.environ.get("DSOTP_KILLS", "100"))


def add_service(site, workshop, name, manifest):
    text = (site / "site.yaml").read_text()
    (site / "site.yaml").write_text(text.replace("folders: []", f"folders: [{workshop}/plugins]"))
    (site / "services" / f"{name}.yaml").write_text(f"service: {name}\nsubscribe: [{{topic: misdeeds/{name}, qos: 1}}]\n{manifest}\n")


def test_kills_of_the_adapters_process_lose_no_acknowledged_reading(start, site, workshop):
    manifest = site / "services" / "database-adapter.yaml"
    manifest.write_text(manifest.read_text().replace("isolation: in-process", "isolation: process")
                        + "restart: {attempts: 1000, window: 1s, backoff: 20ms}\n")
    platform = start()
    host, moments = platform.process.pid, random.Random(20)
    load, killed = Load(workshop, platform.databus_port), set()

    def runner():
        fresh = [pid for pid, parent in processes_of(host).items() if parent == host and pid not in killed]
        return fresh[0] if fresh else None

    for _ in range(KILLS):
        pid = wait_until(runner, "the adapter's process to be back")
        # From before it has loaded the library to well under load.
        time.sleep(moments.uniform(0, 0.5))
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)
    wait_until(lambda: platform.service("database-adapter")["state"] == "running", "the adapter to run")
    check_stored(platform, load.end())
    status = platform.service("database-adapter")
    assert status["restarts"] == KILLS and status["counters"]["dropped"] == 0, status
    incidents = platform.request("GET", "/api/services/database-adapter/incidents").json()["incidents"]
    assert len(incidents) == min(KILLS, 50)
    assert all(incident["reason"] == "crash" and incident["signal"] == signal.SIGKILL for incident in incidents)


def test_kills_of_the_platform_leave_no_process_behind(start, site, workshop):
    add_service(site, workshop, "spawn", "library: forks\nisolation: process")
    platform, moments = start(), random.Random(21)
    for _ in range(5):
        host = platform.process.pid
        wait_until(lambda: platform.service("spawn")["state"] == "running", "the service to run")
        platform.publish("misdeeds/spawn", "now")
        time.sleep(moments.uniform(0, 0.3))
        platform.kill()
        # A runner dies with its host; what it started as another program is ended by the next host.
        platform.start()
        wait_until(lambda: not processes_of(host), f"no process to be left: {processes_of(host)}")


def test_the_service_at_work_when_the_platform_ended_is_named_and_the_second_time_moved_out_of_its_process(start, site, workshop):
    add_service(site, workshop, "hang", "library: hangs\nisolation: in-process\ndeadline: 100ms")
    platform = start()
    for ends in (1, 2):
        platform.publish("misdeeds/hang", "now")
        wait_until(lambda: "on_messages overstays" in platform.service("hang")["detail"], "the service to be at work")
        platform.kill()
        platform.start()
        incidents = platform.request("GET", "/api/services/hang/incidents").json()["incidents"]
        assert [(incident["reason"], incident["callback"]) for incident in incidents] == [("host-ended", "on_messages")] * ends
        status = platform.service("hang")
        assert status["isolation"] == ("in-process" if ends == 1 else "process"), status
    assert "the host ended 2 times within 1d" in status["isolation_detail"]
    wait_until(lambda: platform.service("hang")["state"] == "running" and processes_of(platform.process.pid), "it to run in its own process")
    platform.switch("hang", "restart")
    status = platform.service("hang")
    assert status["isolation"] == "in-process" and status["isolation_detail"] == ""


def test_messages_that_were_spilled_and_acknowledged_survive_kill_9_of_the_platform(start, site):
    manifest = site / "services" / "database-adapter.yaml"
    text = manifest.read_text().replace("isolation: in-process", "isolation: process").replace(", acknowledge: stored", "")
    manifest.write_text(text.replace("overflow: block", "overflow: spill, spill: 64MiB").replace("messages: 65536", "messages: 16")
                        .replace("deadline: 5s", "deadline: 10m"))
    platform = start()
    adapter = wait_until(lambda: list(processes_of(platform.process.pid)), "the adapter's process")[0]
    # It takes no message any more, and its deadline is far.
    os.kill(adapter, signal.SIGSTOP)
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="spilling-pmu")
    client.username_pw_set("admin", "admin")
    client.connect("127.0.0.1", platform.databus_port)
    client.loop_start()
    stamp, count = int(time.time() * 1000) - 100_000, 2_000
    sent = [client.publish("/pmu/dev", pmu_message(stamp=stamp + index, A=float(index)), qos=1) for index in range(count)]
    for message in sent:
        message.wait_for_publish(30)
        assert message.is_published(), "a message was not acknowledged though it could be spilled"
    client.loop_stop()
    status = platform.service("database-adapter")
    spilled = status["queue"]["spilled_messages"]
    assert status["queue"]["overflow"] == "spill" and status["counters"]["dropped"] == 0
    # What is not on the disk is in the mailbox or in the batch in work.
    assert count - 2_000 * 0.1 < spilled == status["counters"]["spilled"] < count and status["queue"]["spilled_bytes"] > spilled * 100
    assert f'dsotp_runtime_messages_spilled_total{{service="database-adapter"}} {spilled}' in platform.request("GET", "/metrics").text
    platform.kill()
    platform.start()
    wait_until(lambda: platform.service("database-adapter")["counters"]["replayed"] == spilled, "the spilled messages to be delivered")
    wait_until(lambda: platform.service("database-adapter")["counters"]["processed"] >= spilled, "the spilled messages to be processed")
    stored = {row[1] for row in platform.rows("SELECT voltmagnitude FROM pmu WHERE device='pmu-0123'")}
    assert {float(index) for index in range(count - spilled, count)} - stored == set()
    wait_until(lambda: platform.service("database-adapter")["queue"]["spilled_bytes"] == 0, "the spill to be empty")
