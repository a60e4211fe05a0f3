"""The Debian package, installed, upgraded, removed and purged on a copy of this machine's system, and what the service manager is told."""

import os
import re
import socket
import subprocess

import pytest

from conftest import BUILD, REPOSITORY, Platform, wait_until

# Nothing of it is left behind: what is written goes to memory, over the real system, in a name space of its own.
INSTALL = r"""
set -eu
deb=$1 scratch=$2
mount -t tmpfs tmpfs "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
mount -t proc proc "$scratch/root/proc"
mount --bind /dev "$scratch/root/dev"
cp "$deb" "$scratch/root/dsotp.deb"
cat > "$scratch/root/inside" <<'SH'
set -eu
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d
dpkg -P dsotp > /dev/null 2>&1 || true
export DEBIAN_FRONTEND=noninteractive
dpkg --no-triggers -i /dsotp.deb > /log 2>&1 || { cat /log; exit 1; }
as_dsotp() { setpriv --reuid=dsotp --regid=dsotp --clear-groups "$@"; }
echo "status: $(dpkg-query -W -f '${Status}' dsotp)"
echo "user: $(getent passwd dsotp)"
echo "site: $(stat -c '%U:%G %a' /etc/dsotp/site/site.yaml)"
echo "version: $(as_dsotp dsotp --version)"
echo "check: $(as_dsotp dsotp check /etc/dsotp/site | tail -1)"
echo "emulator: $(as_dsotp dsotp emulate site --help | grep -c -- --history)"
echo "unit: $(systemd-analyze verify dsotp.service 2>&1 | grep -F dsotp || echo in order)"
echo "enabled: $(systemctl --root=/ is-enabled dsotp.service)"
echo "files: $(dpkg -V dsotp || true)"
echo "exposure: $(systemd-analyze security --offline=yes dsotp.service | tail -1)"
echo '# edited' >> /etc/dsotp/site/site.yaml
mkdir -p /var/lib/dsotp; touch /var/lib/dsotp/measurements
dpkg --no-triggers -i /dsotp.deb > /log 2>&1 || { cat /log; exit 1; }
echo "upgraded: $(tail -1 /etc/dsotp/site/site.yaml), $(stat -c '%U:%G %a' /etc/dsotp/site/site.yaml)"
dpkg --no-triggers -r dsotp > /log 2>&1 || { cat /log; exit 1; }
echo "removed: $(ls -d /usr/lib/dsotp/dsotp /etc/dsotp/site/site.yaml /var/lib/dsotp/measurements 2> /dev/null | tr '\n' ' ')"
dpkg --no-triggers -P dsotp > /log 2>&1 || { cat /log; exit 1; }
echo "purged: $(ls -d /etc/dsotp /lib/systemd/system/dsotp.service /var/lib/dsotp/measurements 2> /dev/null | tr '\n' ' ')"
SH
chroot "$scratch/root" sh /inside
"""

# The copy boots with its own systemd as far as the unit needs it, in name spaces of its own, its network among them.
BOOT = r"""
set -eu
deb=$1 scratch=$2
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs "$scratch"
root=$scratch/root
mkdir "$scratch/upper" "$scratch/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" "$root"
cp "$deb" "$root/dsotp.deb"
mount --bind /dev "$root/dev" && mount -t proc proc "$root/proc"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"; chmod 755 "$root/usr/sbin/policy-rc.d"
chroot "$root" sh -c 'dpkg -P dsotp > /dev/null 2>&1; dpkg --no-triggers -i /dsotp.deb' > /dev/null
umount "$root/dev" "$root/proc"
cat > "$root/asked" <<'SH'
systemctl start dsotp; echo "start: $?"
process=$(systemctl show -p MainPID --value dsotp)
echo "state: $(systemctl is-active dsotp)"
sed -n 's/^\(CapEff\|CapBnd\|NoNewPrivs\|Seccomp\):\s*/\1: /p' "/proc/$process/status"
echo "ready: $(curl -s -m 10 http://127.0.0.1:8080/health/ready)"
echo "user: $(stat -c %U "/proc/$process")"
systemctl stop dsotp; echo "stop: $?"
echo "result: $(systemctl show -p Result --value dsotp) $(systemctl show -p ExecMainStatus --value dsotp)"
echo "data: $(stat -c '%U %a' /var/lib/dsotp)"
echo "told: $(journalctl -u dsotp -o cat | grep -c 'Log in   user admin, password')"
SH
cat > "$root/etc/systemd/system/asking.service" <<'UNIT'
[Service]
Type=oneshot
StandardOutput=file:/answers
StandardError=file:/answers
ExecStart=/bin/sh /asked
ExecStartPost=/bin/systemctl --no-block poweroff
UNIT
printf '[Unit]\nRequires=basic.target\nWants=asking.service\nAfter=basic.target\n' > "$root/etc/systemd/system/asking.target"
systemd-nspawn --quiet --register=no --keep-unit --private-network --machine=dsotp-test -D "$root" --boot -- --unit=asking.target < /dev/null > "$scratch/boot" 2>&1 ||
  { cat "$scratch/boot"; exit 1; }
cat "$root/answers"
"""


@pytest.fixture(scope="module")
def package(executable, tmp_path_factory):
    answer = subprocess.run(
        [REPOSITORY / "scripts" / "make-deb", tmp_path_factory.mktemp("deb")], capture_output=True, text=True,
        env={**os.environ, "DSOTP_BUILD": str(BUILD), "DSOTP_DEB_COMPRESSION": "none"})
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout.strip()


def test_the_package_says_what_it_needs_and_which_files_an_administrator_edits(package):
    def field(name):
        return subprocess.run(["dpkg-deb", "-f", package, name], capture_output=True, text=True, check=True).stdout.strip()

    assert field("Package") == "dsotp" and re.fullmatch(r"\d+\.\d+\.\d+-1", field("Version"))
    needed = {entry.split()[0] for entry in field("Depends").split(", ")}
    assert {"libc6", "libsqlite3-0", "libxml2", "libklu1", "libffi8", "libjs-chart.js", "tzdata"} <= needed
    conffiles = subprocess.run(["dpkg-deb", "-I", package, "conffiles"], capture_output=True, text=True, check=True).stdout.split()
    assert conffiles == ["/etc/dsotp/site/services/database-adapter.yaml", "/etc/dsotp/site/site.yaml"]
    listing = subprocess.run(["dpkg-deb", "-c", package], capture_output=True, text=True, check=True).stdout.splitlines()
    assert all(line.split()[1] == "root/root" for line in listing)
    assert {"./usr/lib/dsotp/dsotp", "./usr/lib/dsotp/dsotp-emulator"} <= {line.split()[5] for line in listing}
    assert not [line for line in listing if line[0] == "-" and (line[5] == "w" or line[8] == "w")], "somebody but root may write a file"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts and dpkg need root")
def test_it_installs_upgrades_and_goes_as_an_administrator_expects(package, tmp_path):
    answer = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--propagation", "private", "sh", "-c", INSTALL, "sh", package, tmp_path],
        capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    told = dict(line.split(": ", 1) for line in answer.stdout.splitlines() if ": " in line)
    assert told["status"] == "install ok installed" and re.match(r"dsotp:.*:/var/lib/dsotp:/usr/sbin/nologin", told["user"])
    assert told["site"] == "root:dsotp 640" and told["check"] == "/etc/dsotp/site is in order"
    assert told["version"] == subprocess.run([BUILD / "dsotp", "--version"], capture_output=True, text=True).stdout.strip()
    assert int(told["emulator"]) > 0, "dsotp emulate site does not find dsotp-emulator"
    assert told["unit"] == "in order" and told["enabled"] == "enabled" and told["files"].strip() == ""
    assert float(re.search(r"dsotp.service: ([\d.]+)", told["exposure"])[1]) < 2
    assert told["upgraded"] == "# edited, root:dsotp 640"
    assert told["removed"].split() == ["/etc/dsotp/site/site.yaml", "/var/lib/dsotp/measurements"]
    assert told["purged"].split() == ["/var/lib/dsotp/measurements"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a system in a container needs root")
def test_systemd_starts_and_stops_the_unit_with_all_its_restrictions(package, tmp_path):
    answer = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", BOOT, "sh", package, tmp_path], capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    told = dict(line.split(": ", 1) for line in answer.stdout.splitlines() if ": " in line)
    assert (told["start"], told["state"], told["user"]) == ("0", "active", "dsotp"), answer.stdout
    assert told["ready"] == '{"status":"ready"}', "systemctl start returned before the services ran"
    assert int(told["CapEff"], 16) == int(told["CapBnd"], 16) == 0 and (told["NoNewPrivs"], told["Seccomp"]) == ("1", "2")
    assert (told["stop"], told["result"], told["data"], told["told"]) == ("0", "success 0", "dsotp 700", "1")


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_the_service_manager_is_told_when_the_platform_is_ready_and_when_it_ends(site, tmp_path, abstract):
    name = f"dsotp-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name if abstract else name)
        manager.settimeout(60)
        platform = Platform(site, tmp_path / "data", environment={"NOTIFY_SOCKET": "@" + name if abstract else name})
        try:
            platform.start(expect_ready=False)
            assert manager.recv(4096) == b"READY=1"
            wait_until(platform._addresses, "the addresses")
            assert platform.request("GET", "/health/ready", user=None).status_code == 200
        finally:
            platform.stop()
        assert manager.recv(4096) == b"STOPPING=1"


def test_a_service_manager_that_is_gone_does_not_keep_the_platform_from_running(site, tmp_path):
    platform = Platform(site, tmp_path / "data", environment={"NOTIFY_SOCKET": str(tmp_path / "gone")}).start()
    assert platform.stop() == 0
