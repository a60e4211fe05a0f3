"""What the tests of Kubernetes and packages share: Helm (its own code, as a library), kubectl, and what a node makes of the objects for a pod."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import helm_python
import yaml

from conftest import BUILD, REPOSITORY, Platform

CHART = REPOSITORY / "k8s" / "chart"
OVERLAYS = REPOSITORY / "k8s" / "kustomize" / "overlays"
SITES = sorted(path.parent.name for path in (REPOSITORY / "manifests").glob("*/site.yaml"))


def helm_template(values=None, chart=CHART, **options):
    """What `helm template dsotp k8s/chart -n dsotp` makes: the objects, hooks among them."""
    with helm_python.Chart.load(chart) as loaded:
        rendered = loaded.render(values or {}, **{"name": "dsotp", "namespace": "dsotp", **options})
    texts = [text for name, text in sorted(rendered.items()) if not name.endswith("NOTES.txt")]
    return [thing for text in texts for thing in yaml.safe_load_all(text) if thing]


def kustomize(overlay):
    """What `kubectl kustomize k8s/kustomize/overlays/OVERLAY` makes."""
    kubectl = Path(sys.executable).parent / "kubectl"
    answer = subprocess.run([kubectl, "kustomize", OVERLAYS / overlay], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return [thing for thing in yaml.safe_load_all(answer.stdout) if thing]


def only(objects, kind, name=None):
    """The one object of a kind (and name)."""
    found = [thing for thing in objects if thing["kind"] == kind and name in (None, thing["metadata"]["name"])]
    assert len(found) == 1, f"{len(found)} objects of kind {kind} and name {name}"
    return found[0]


def pods(objects):
    """The specifications of all pods that the objects make."""
    return [thing["spec"]["template"]["spec"] if thing["kind"] == "StatefulSet" else thing["spec"]
            for thing in objects if thing["kind"] in ("StatefulSet", "Pod")]


def container(objects):
    """The platform's own container."""
    return only(objects, "StatefulSet")["spec"]["template"]["spec"]["containers"][0]


def passwords(objects):
    """The users' passwords as the Secret holds them."""
    return {user: base64.b64decode(text).decode() for user, text in only(objects, "Secret", "dsotp")["data"].items()}


def environment(objects, secrets):
    """The container's environment, with what its Secret holds."""
    values = {}
    for variable in container(objects)["env"]:
        secret = variable.get("valueFrom", {}).get("secretKeyRef")
        values[variable["name"]] = secrets[secret["key"]] if secret else variable["value"]
    return values


class MountedSite:
    """A site's folder as a node mounts its ConfigMaps into the pod: folders whose files are links through `..data`, which is exchanged whole."""

    def __init__(self, objects, folder):
        self.folder, self.version = Path(folder), 0
        pod = only(objects, "StatefulSet")["spec"]["template"]["spec"]
        maps = {thing["metadata"]["name"]: thing["data"] for thing in objects if thing["kind"] == "ConfigMap"}
        volumes = {volume["name"]: maps[volume["configMap"]["name"]] for volume in pod["volumes"] if "configMap" in volume}
        self.folder.mkdir(parents=True, mode=0o755)
        for mount in pod["containers"][0]["volumeMounts"]:
            place = mount["mountPath"].removeprefix("/etc/dsotp/site/")
            if mount["name"] not in volumes:
                continue
            if "subPath" in mount:
                (self.folder / place).write_text(volumes[mount["name"]][mount["subPath"]])
            else:
                self.exchange(place, volumes[mount["name"]])

    def exchange(self, place, files):
        """Puts other files in the place of a folder's, in one step, and removes the old ones."""
        folder = self.folder / place
        folder.mkdir(exist_ok=True)
        self.version += 1
        new, data = folder / f"..{self.version}", folder / "..data"
        new.mkdir()
        for name, text in files.items():
            (new / name).write_text(text)
        old = os.readlink(data) if data.is_symlink() else None
        (folder / "..data_tmp").symlink_to(new.name)
        (folder / "..data_tmp").rename(data)
        for name in files:
            if not (folder / name).is_symlink():
                (folder / name).symlink_to(f"..data/{name}")
        for entry in folder.iterdir():
            if entry.is_symlink() and entry.name != "..data" and entry.name not in files:
                entry.unlink()
        if old:
            subprocess.run(["rm", "-r", folder / old], check=True)


class Pod(Platform):
    """The platform as a pod runs it: in a root of its own that nobody can write, as the first process, without any right, with the devices that
    every container has, and only the data folder and /tmp to write. Its user is any number; the data folder belongs to the volume's group alone, as a node leaves it."""

    SCRIPT = """
        set -eu
        root=$1 data=$2 site=$3 plugins=$4 user=$5 group=$6 volume=$7; shift 7
        mount --bind "$root" "$root"
        mount -t tmpfs -o size=64m,mode=1777 tmp "$root/tmp"
        mount -t proc proc "$root/proc"
        mount -t tmpfs -o size=64k,mode=755 dev "$root/dev"
        for device in null zero full random urandom; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
        mount --bind "$data" "$root/var/lib/dsotp"
        mount --bind "$site" "$root/etc/dsotp/site" && mount -o remount,bind,ro "$root/etc/dsotp/site"
        [ "$plugins" = none ] || { mount --bind "$plugins" "$root/opt/dsotp/plugins" && mount -o remount,bind,ro "$root/opt/dsotp/plugins"; }
        mount -o remount,bind,ro "$root"
        cd /
        exec setpriv --no-new-privs chroot --userspec="$user:$group" --groups="$volume" "$root" /usr/bin/dsotp "$@"
    """

    def __init__(self, root, data, mounted, secrets, objects, user, group, volume_group, plugins=None):
        data.mkdir()
        os.chown(data, 0, volume_group)
        data.chmod(0o2770)
        identity = [str(number) for number in (user, group, volume_group)]
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "sh", "-c", self.SCRIPT, "sh",
                   root, data, mounted.folder, plugins or "none", *identity]
        variables = {key: value for key, value in environment(objects, secrets).items() if key != "DSOTP_DATA"}
        super().__init__("/etc/dsotp/site", "/var/lib/dsotp", command=command, environment=variables)
        self.secrets, self.folder = secrets, data

    def pid(self):
        """That of the platform outside of its name space, where it is 1."""
        return int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0])

    def request(self, method, path, user="admin", password=None, **options):
        return super().request(method, path, user, password or self.secrets.get(user), **options)

    def publish(self, topic, payload, user="admin", password=None, **options):
        return super().publish(topic, payload, user=user, password=password or self.secrets[user], **options)


def make_root(folder):
    """What scripts/make-root assembles."""
    answer = subprocess.run(
        [REPOSITORY / "scripts" / "make-root", folder], capture_output=True, text=True, env={**os.environ, "DSOTP_BUILD": str(BUILD)})
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return folder
