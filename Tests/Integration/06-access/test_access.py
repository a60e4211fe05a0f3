"""Who may come in: the demo's passwords stay on loopback, the first start makes an admin password, roles hold on both doors."""

import re
import subprocess

from conftest import wait_until


def test_a_site_with_the_demo_password_is_refused_on_any_other_address(executable, site, tmp_path):
    for key in ("--databus", "--gateway"):
        result = subprocess.run([executable, "run", site, key, "0.0.0.0:0"], capture_output=True, text=True, timeout=60,
                                env={"DSOTP_DATA": str(tmp_path / "data"), "PATH": "/usr/bin"})
        output = result.stdout + result.stderr
        assert result.returncode == 1, output
        assert "password" in output and "loopback" in output, output


def test_the_first_start_of_a_site_without_an_admin_makes_a_password_and_prints_it_once(start, site):
    content = (site / "site.yaml").read_text()
    content = re.sub(r"(?m)^access:\n(?:[ #].*\n|\n)*", "", content + "\n")
    (site / "site.yaml").write_text(content)
    platform = start()
    password = re.search(r"password[: ]+(\S+)", platform.output())[1].rstrip(".,;")
    assert len(password) >= 12
    assert platform.request("GET", "/api/services", password=password).status_code == 200
    assert platform.request("GET", "/api/services", password="admin").status_code == 401
    assert platform.stop() == 0
    platform.start()
    assert password not in platform.output()
    assert platform.request("GET", "/api/services", password=password).status_code == 200


def test_the_databus_refuses_a_wrong_password_and_a_viewer_may_not_publish(platform):
    assert platform.publish("/pmu/dev", "x", password="wrong").returncode != 0
    got = subprocess.Popen(["stdbuf", "-oL", "mosquitto_sub", "-p", str(platform.databus_port), "-u", "viewer", "-P", "viewer", "-t", "a/#", "-C", "1", "-W", "20",
                            "-d"], stdout=subprocess.PIPE, text=True)
    for line in got.stdout:
        if "SUBACK" in line:
            break
    platform.publish("a/secret", "from the viewer", user="viewer", password="viewer")
    platform.publish("a/open", "from the operator", user="operator", password="operator")
    assert "from the operator" in got.communicate(timeout=30)[0]


def test_log_in_gives_a_token_that_ends_with_log_out(platform):
    answer = platform.request("POST", "/api/login", user=None, json={"user": "engineer", "password": "engineer"})
    assert answer.status_code == 200, answer.text
    token = {"Authorization": "Bearer " + answer.json()["token"]}
    assert platform.request("GET", "/api/services", user=None, headers=token).status_code == 200
    assert platform.request("POST", "/api/logout", user=None, headers=token).status_code in (200, 204)
    assert platform.request("GET", "/api/services", user=None, headers=token).status_code == 401


def test_every_change_is_in_the_audit_trail(platform):
    platform.switch("database-adapter", "disable")
    trail = wait_until(lambda: next(iter(platform.data.rglob("audit*")), None), "the audit trail").read_text()
    assert "database-adapter" in trail and "disable" in trail and "admin" in trail
