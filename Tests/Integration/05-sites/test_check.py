"""`dsotp check`: a faulty site is refused with file, line and a sentence; a good one shows who feeds whom."""

import subprocess

import pytest

FAULTS = [
    ("services/database-adapter.yaml", "queue:", "qeue:", ["qeue", "queue"]),
    ("services/database-adapter.yaml", "library: DatabaseAdapter", "library: Nowhere", ["Nowhere"]),
    ("services/database-adapter.yaml", "/pmu/#", "/pmu/#/x", ["/pmu/#/x", "#"]),
    ("services/database-adapter.yaml", "enabled: true", "enabled: perhaps", ["perhaps"]),
    ("services/database-adapter.yaml", "qos: 1", "qos: 7", ["7"]),
    ("site.yaml", "listen: 127.0.0.1:1883", "listen: 127.0.0.1:99999", ["99999"]),
    ("site.yaml", "databus:", "databuss:", ["databuss", "databus"]),
]


def check(executable, site):
    return subprocess.run([executable, "check", site], capture_output=True, text=True, timeout=60)


def test_the_demo_site_is_in_order_and_shows_who_feeds_whom(executable, site):
    result = check(executable, site)
    assert result.returncode == 0, result.stdout + result.stderr
    for word in ("/pmu/#", "database-adapter", "deadletter/#", "pmu"):
        assert word in result.stdout, result.stdout


@pytest.mark.parametrize("file, text, replacement, words", FAULTS)
def test_a_fault_is_told_with_file_line_and_a_sentence(executable, site, file, text, replacement, words):
    path = site / file
    content = path.read_text()
    assert text in content
    path.write_text(content.replace(text, replacement, 1))
    line = next(number for number, value in enumerate(path.read_text().split("\n"), 1) if replacement in value)
    result = check(executable, site)
    output = result.stdout + result.stderr
    assert result.returncode == 1, output
    assert f"{path.name}:{line}" in output, output
    for word in words:
        assert word in output, output
    run = subprocess.run([executable, "run", site], capture_output=True, text=True, timeout=60)
    assert run.returncode == 1 and words[0] in run.stdout + run.stderr


def test_broken_yaml_and_a_missing_folder_are_told_in_words(executable, site, tmp_path):
    (site / "site.yaml").write_text("site: [demo\ndatabus: {")
    result = check(executable, site)
    assert result.returncode == 1 and "site.yaml:" in result.stdout + result.stderr
    result = check(executable, tmp_path / "nowhere")
    assert result.returncode == 1 and "nowhere" in result.stdout + result.stderr


def test_the_example_service_in_c_built_by_cc_alone_runs_on_the_site(executable, site, start, tmp_path):
    from conftest import REPOSITORY, wait_until
    example = REPOSITORY / "PluginAPI" / "Examples" / "frequency-watch"
    subprocess.run(["make", "-C", example, f"OUT={tmp_path}/plugins"], check=True, capture_output=True)
    (site / "services" / "frequency-watch.yaml").write_text(
        (example / "frequency-watch.yaml").read_text())
    content = (site / "site.yaml").read_text()
    assert "folders: []" in content
    (site / "site.yaml").write_text(content.replace("folders: []", f"folders: [{tmp_path}/plugins]"))
    platform = start()
    wait_until(lambda: platform.service("frequency-watch")["state"] == "running", "the example to run")
    platform.publish("measurements/frequency/pmu-0007", "48.9")
    alarm = wait_until(lambda: (a := subprocess.run(
        ["mosquitto_sub", "-p", str(platform.databus_port), "-u", "admin", "-P", "admin", "-t", "alarms/frequency/pmu-0007", "-C", "1", "-W", "1"],
        capture_output=True, text=True)).stdout and a.stdout, "the alarm, retained")
    assert "48.9" in alarm
