"""Site traffic is recorded from one platform and replayed to another, and to a service on virtual time."""

import json
import signal
import subprocess
import time

import pytest
from conftest import DSOTP, REPOSITORY, pmu_message, wait_until


@pytest.fixture
def record(tmp_path):
    """A function that records in the background, and one returned by it that ends the recording."""
    running = []

    def starter(platform, name, *arguments):
        path = tmp_path / name
        process = subprocess.Popen(
            [DSOTP, "record", path, "--port", str(platform.databus_port), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        assert "recording" in process.stderr.readline()
        return path, process

    yield starter
    for process in running:
        process.kill()
        process.communicate()


def end(process):
    process.send_signal(signal.SIGINT)
    output, complaint = process.communicate(timeout=30)
    assert process.returncode == 0, complaint
    return output


def lines(path):
    text = subprocess.run([DSOTP, "record", "--dump", path], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in text.splitlines()][1:]


def test_what_was_recorded_is_stored_by_another_platform_as_it_was_by_the_first(start, site, tmp_path, record):
    first = start(data=tmp_path / "first")
    first.publish("/pmu/settings", "kept", retain=True)
    path, recorder = record(first, "day.rec", "--filter", "/pmu/#")
    for index in range(50):
        first.publish("/pmu/dev", pmu_message(stamp=1_777_636_800_000 + index * 20, A=230 + index / 10))
    first.publish("other/topic", "not recorded")
    wait_until(lambda: first.rows("SELECT count(voltmagnitude) FROM pmu")[0][1] == 50, "the readings stored by the first")
    assert "recorded 51 messages" in end(recorder)
    messages = lines(path)
    assert len(messages) == 51 and messages[0]["retained"] and {message["topic"] for message in messages} == {"/pmu/settings", "/pmu/dev"}
    assert all(one["t"] <= other["t"] for one, other in zip(messages, messages[1:]))
    stored = first.rows("SELECT voltmagnitude FROM pmu", epoch="ms")
    first.stop()

    second = start(data=tmp_path / "second")
    replay = [DSOTP, "replay", path, "--port", str(second.databus_port), "--speed", "max", "--filter", "/pmu/dev"]
    assert "published 50 messages" in subprocess.run(replay, check=True, capture_output=True, text=True, timeout=60).stdout
    wait_until(lambda: second.rows("SELECT count(voltmagnitude) FROM pmu")[0][1] == 50, "the readings stored by the second")
    assert second.rows("SELECT voltmagnitude FROM pmu", epoch="ms") == stored


def test_a_replay_keeps_the_pace_rewrites_topics_and_moves_times(start, tmp_path, record):
    platform = start()
    source = tmp_path / "source.jsonl"
    source.write_text('{"recording":1,"began":"2026-05-01T12:00:00Z"}\n' + "".join(
        json.dumps({"t": t, "topic": "/pmu/a", "qos": 1, "json": {"device": "a", "timestamp": 1_777_636_800_000 + t * 1000, "readings": []}}) + "\n"
        for t in (0, 3, 6)))
    subprocess.run([DSOTP, "record", "--lines", source, tmp_path / "source.rec"], check=True, capture_output=True)
    path, recorder = record(platform, "again.rec", "--filter", "test/#", "--count", "6")
    before = time.monotonic()
    subprocess.run(
        [DSOTP, "replay", tmp_path / "source.rec", "--port", str(platform.databus_port), "--speed", "10", "--times", "2", "--topic", "/pmu/=test/",
         "--shift-time", "timestamp"], check=True, capture_output=True, timeout=60)
    assert time.monotonic() - before >= 1.2, "twice six seconds at ten times the speed"
    recorder.communicate(timeout=30)
    messages = lines(path)
    assert [message["topic"] for message in messages] == ["test/a"] * 6
    stamps = [json.loads(message["payload"])["timestamp"] for message in messages]
    now = int(time.time() * 1000)
    assert all(now - 120_000 <= stamp <= now for stamp in stamps) and stamps == sorted(stamps), "the times are those of the replay"


def test_a_recorder_that_is_killed_leaves_a_file_to_go_on_with(start, tmp_path, record):
    platform = start()
    path, recorder = record(platform, "torn.rec", "--filter", "x/#")
    for index in range(20):
        platform.publish("x/y", str(index))
    wait_until(lambda: len(lines(path)) == 20, "the messages on the disk")
    recorder.kill()
    recorder.wait()
    with open(path, "ab") as file:
        file.write(b"torn")
    _, recorder = record(platform, "torn.rec", "--filter", "x/#", "--append")
    platform.publish("x/y", "20")
    wait_until(lambda: len(lines(path)) == 21, "the recording to go on")
    end(recorder)
    assert [message["payload"] for message in lines(path)] == [str(index) for index in range(21)]


def test_the_adapter_makes_the_same_of_a_recording_every_time(start, tmp_path, record):
    platform = start(arguments=["--emulate", "pmu", "--emulate-rate", "20"])
    path, recorder = record(platform, "emulated.rec", "--filter", "/pmu/#", "--count", "200")
    recorder.communicate(timeout=60)
    platform.stop()
    library = DSOTP.parent / "libDatabaseAdapter.so"
    replay = [DSOTP, "plugin", "replay", path, "--library", library, "--manifest", REPOSITORY / "manifests/demo/services/database-adapter.yaml"]
    first = subprocess.run(replay, check=True, capture_output=True, timeout=120).stdout
    events = [json.loads(line) for line in first.splitlines()]
    assert events[-1]["event"] == "ended" and events[-1]["messages"] == 200 and events[-1]["violations"] == []
    written = [event for event in events if event["event"] == "wrote"]
    assert len(written) > 1000 and {event["measurement"] for event in written} == {"pmu"}
    assert subprocess.run(replay, check=True, capture_output=True, timeout=120).stdout == first
    golden = tmp_path / "golden.jsonl"
    golden.write_bytes(first)
    subprocess.run([*replay, "--expect", golden], check=True, capture_output=True, timeout=120)
