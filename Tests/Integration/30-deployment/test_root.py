"""The root that scripts/make-root assembles: complete by itself, and run as a pod runs it, from what the chart renders."""

import os
import re
import shutil
import subprocess

import pytest

from conftest import BUILD, FRAGILE, REPOSITORY, pmu_message, wait_until
from deployment import CHART, MountedSite, Pod, container, helm_template, make_root, only

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts and changes of the root need root")
SECRETS = {"admin": "random by the chart", "viewer": "random as well"}


@pytest.fixture(scope="module")
def root(executable, tmp_path_factory):
    folder = make_root(tmp_path_factory.mktemp("root") / "root")
    (folder / "opt/dsotp/plugins").mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


def inside(root, *command):
    """Runs a command in the root as nobody in particular."""
    script = 'mount -t proc proc "$1/proc"; root=$1; shift; exec chroot --userspec=4711:4711 --groups= "$root" "$@"'
    return subprocess.run(["unshare", "--mount", "--pid", "--fork", "sh", "-c", script, "sh", root, *command], capture_output=True, text=True)


def test_every_program_and_library_finds_its_libraries_inside(root):
    home = root / "usr/lib/dsotp"
    programs = [home / "dsotp", home / "dsotp-emulator", home / "libexec/swift/linux/swift-backtrace", *home.glob("*.so"), *home.glob("lib/swift/linux/*.so")]
    assert {"libDatabaseAdapter.so", "libStateEstimation.so"} <= {path.name for path in programs} and len(programs) > 15
    for program in programs:
        answer = inside(root, "/lib64/ld-linux-x86-64.so.2", "--list", f"/{program.relative_to(root)}")
        assert answer.returncode == 0 and "not found" not in answer.stdout, f"{program}: {answer.stdout}{answer.stderr}"


def test_the_emulator_of_sites_is_shipped_and_started_by_the_host(root):
    answer = inside(root, "/usr/bin/dsotp", "emulate", "site", "--help")
    assert answer.returncode == 0 and "--history" in answer.stdout, answer.stdout + answer.stderr


def test_nothing_is_looked_for_where_it_was_built(root):
    for program in [root / "usr/lib/dsotp/dsotp", root / "usr/lib/dsotp/dsotp-emulator", *(root / "usr/lib/dsotp").glob("*.so")]:
        paths = re.findall(r"RUNPATH.*\[(.*)\]", subprocess.run(["readelf", "-d", program], capture_output=True, text=True).stdout)
        assert paths == ["$ORIGIN/lib/swift/linux"], program
    assert not list(root.rglob("libVoltageBand.so")), "an example is shipped"


def test_nobody_but_root_may_change_what_runs(root):
    for folder, folders, files in os.walk(root / "usr"):
        for path in [folder, *(os.path.join(folder, name) for name in files)]:
            status = os.lstat(path)
            if not os.path.islink(path):
                assert status.st_uid == 0 and status.st_mode & 0o022 == 0, path


def test_the_default_site_is_in_order(root):
    answer = inside(root, "/usr/bin/dsotp", "check", "/etc/dsotp/site")
    assert answer.returncode == 0 and "is in order" in answer.stdout, answer.stdout + answer.stderr


@pytest.fixture
def pod(root, tmp_path):
    """A function that starts the chart's pod with some values; it is ended after the test."""
    started = []

    def starter(values=None, user=10001, group=10001, volume_group=10001, plugins=None):
        objects = helm_template(values)
        mounted = MountedSite(objects, tmp_path / "site")
        platform = Pod(root, tmp_path / "data", mounted, SECRETS, objects, user, group, volume_group, plugins)
        platform.mounted, platform.objects = mounted, objects
        started.append(platform)
        return platform.start()

    yield starter
    for platform in started:
        platform.stop()


def test_the_chart_runs_with_a_root_that_cannot_be_written(pod):
    platform = pod({"site": {"bundled": "demo"}})
    document = platform.request("GET", "/openapi.json").json()
    one = container(platform.objects)
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        path = one[probe]["httpGet"]["path"]
        assert "get" in document["paths"][path], f"{probe} asks {path}, which the OpenAPI document has not"
        assert platform.request("GET", path, user=None).status_code == 200
    # What the ServiceMonitor and Grafana's data source ask, as the user whom they are given.
    for path, parameters in (("/metrics", {}), ("/query", {"db": "dsotp", "q": "SHOW MEASUREMENTS"})):
        assert "get" in document["paths"][path] and platform.request("GET", path, user="viewer", params=parameters).status_code == 200

    services = {service["name"]: service["state"] for service in platform.request("GET", "/api/services").json()["services"]}
    assert services == {file.stem: "running" for file in (REPOSITORY / "manifests" / "demo" / "services").glob("*.yaml")}
    wait_until(lambda: platform.request("GET", "/api/state-estimation/state").status_code == 200, "an estimate of the demo's grid")
    for user in ("admin", "viewer"):
        assert platform.request("GET", "/api/services", user=user, password=user).status_code == 401, "a default password is accepted"

    status = dict(line.split(":\t") for line in open(f"/proc/{platform.pid()}/status").read().splitlines() if ":\t" in line)
    assert status["Uid"].split() == ["10001"] * 4 and status["CapEff"] == "0" * 16 and status["NoNewPrivs"] == "1"
    assert status["NSpid"].split()[-1] == "1"


def test_what_was_accepted_is_kept_when_the_node_ends_the_pod(pod):
    platform = pod()
    message = pmu_message(stamp=1767225600000, A=230.5)
    assert platform.publish("/pmu/dev", message).returncode == 0
    grace = only(platform.objects, "StatefulSet")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert platform.stop() == 0 and grace >= 20, "the tests wait 20 s for the end, a node as long as the pod says"
    platform.start()
    assert platform.rows("SELECT voltmagnitude FROM pmu WHERE device='pmu-0123'") == [["2026-01-01T00:00:00Z", 230.5]]


def test_the_data_folder_of_an_ended_platform_is_a_backup(pod):
    platform = pod()
    data = platform.folder
    platform.publish("/pmu/dev", pmu_message(stamp=1767225600000, A=229.5))
    platform.stop()
    archive = subprocess.run("ls -A -I lost+found | tar -cf - -T -", shell=True, cwd=data, capture_output=True, check=True).stdout
    for entry in data.iterdir():
        subprocess.run(["rm", "-r", entry], check=True)
    platform.start()
    assert platform.rows("SELECT voltmagnitude FROM pmu") == []
    platform.stop()
    for entry in data.iterdir():
        subprocess.run(["rm", "-r", entry], check=True)
    subprocess.run(["setpriv", "--reuid=10001", "--regid=10001", "--clear-groups", "tar", "-xf", "-"], input=archive, cwd=data, check=True)
    platform.start()
    assert platform.rows("SELECT voltmagnitude FROM pmu") == [["2026-01-01T00:00:00Z", 229.5]]


def test_a_changed_manifest_takes_effect_while_the_platform_runs(pod):
    platform = pod({"site": {"bundled": "demo"}})
    process = platform.pid()
    changed = helm_template({"site": {"bundled": "demo", "services": {
        "grid-emulator.yaml": (REPOSITORY / "manifests/demo/services/grid-emulator.yaml").read_text().replace("speed: 120", "speed: 60"),
        "second.yaml": "service: second\nlibrary: DatabaseAdapter\nsubscribe: [second/#]\nconfig: {database: dsotp, mappings: "
                       "[{topics: [second/#], format: pmu, measurement: second, tags: [device]}]}\n"}}})
    platform.mounted.exchange("services", only(changed, "ConfigMap", "dsotp-services")["data"])
    wait_until(lambda: "speed: 60" in platform.request("GET", "/api/services/grid-emulator/manifest").text, "the changed manifest")
    wait_until(lambda: platform.request("GET", "/api/services/second").status_code == 200
               and platform.service("second")["state"] == "running", "the new manifest")
    assert {platform.service(name)["state"] for name in ("grid-emulator", "state-estimation")} == {"running"} and platform.pid() == process


MANIFEST = "service: fragile\nlibrary: fragile\nisolation: process\nsubscribe: [{topic: crash/#, qos: 1}]\n"


@pytest.fixture
def plugins(tmp_path):
    """A folder with the library of a service."""
    folder = tmp_path / "plugins"
    folder.mkdir(mode=0o755)
    (tmp_path / "fragile.c").write_text(FRAGILE)
    subprocess.run(["cc", "-std=c11", "-shared", "-fPIC", f"-I{REPOSITORY}/PluginAPI/CPluginAPI", "-o", folder / "libfragile.so",
                    tmp_path / "fragile.c"], check=True)
    return folder


def test_a_library_from_an_image_is_copied_to_where_the_platform_takes_it_from(pod, plugins, tmp_path):
    values = {"site": {"services": {"fragile.yaml": MANIFEST}}, "plugins": {"image": {"repository": "plugins", "tag": "1", "path": "/mnt/plugins"}}}
    first = only(helm_template(values), "StatefulSet")["spec"]["template"]["spec"]["initContainers"][0]
    # The volume's top, as a node makes an emptyDir for a pod with a group for its volumes.
    stage = tmp_path / "stage"
    stage.mkdir()
    os.chown(stage, 0, 10001)
    stage.chmod(0o2777)
    tmp_path.chmod(0o755)
    command = [word.replace("/stage", "/mnt/stage") for word in first["command"]]
    script = 'mount --bind "$1" /mnt; shift; exec setpriv --reuid=10001 --regid=10001 --clear-groups "$@"'
    subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", tmp_path, *command], check=True)
    # The container mounts the folder below the top (subPath), where nobody but the platform's own user can write.
    mount = next(mount for mount in container(helm_template(values))["volumeMounts"] if mount["name"] == "plugins")
    platform = pod(values, plugins=stage / mount["subPath"])
    assert mount["mountPath"] == "/opt/dsotp/plugins" and platform.service("fragile")["state"] == "running"


def test_a_cluster_may_choose_the_user_and_crashes_are_told_with_their_backtrace(pod, plugins):
    values = {"site": {"services": {"fragile.yaml": MANIFEST}}, "plugins": {"volume": {"persistentVolumeClaim": {"claimName": "libraries"}}}}
    platform = pod(values, user=1000680000, group=0, volume_group=1000680000, plugins=plugins)
    assert platform.service("fragile")["state"] == "running"
    platform.publish("crash/now", "crash")
    incident = wait_until(lambda: platform.request("GET", "/api/services/fragile/incidents").json()["incidents"], "the incident")[0]
    assert incident["signal"] and "on_messages" in str(incident["backtrace"]), incident


def test_the_chart_s_test_passes_against_the_running_platform(pod, root):
    platform = pod()
    script = (CHART / "smoke-test.sh").read_text()

    def run(password):
        port = platform.url.rpartition(":")[2]
        variables = {"DATABUS_HOST": "127.0.0.1", "DATABUS_PORT": str(platform.databus_port), "GATEWAY_HOST": "127.0.0.1", "GATEWAY_PORT": port,
                     "USER_NAME": "admin", "USER_PASSWORD": password, "PATH": f"{BUILD}:{os.environ['PATH']}"}
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=variables, timeout=120)

    answer = run(SECRETS["admin"])
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "a message came back" in answer.stdout and "/api/services answers 200" in answer.stdout
    assert run("wrong").returncode != 0
