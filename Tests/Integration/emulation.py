"""A site's field, played by `dsotp emulate site`."""

import re
import signal
import subprocess
import threading

from conftest import DSOTP


class EmulatedSite:
    """One `dsotp emulate site` beside a platform."""

    def __init__(self, site, platform, *arguments):
        self.lines = []
        self.process = subprocess.Popen(
            [DSOTP, "emulate", "site", site, "--port", str(platform.databus_port), "--statistics", "0.5", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=lambda: self.lines.extend(line.rstrip() for line in self.process.stdout), daemon=True)
        self.reader.start()

    def statistics(self):
        """`(connected, of)` of the newest line."""
        found = re.findall(r"(\d+) of (\d+) connected", "\n".join(self.lines[-5:]))
        return tuple(map(int, found[-1])) if found else (0, 1)

    def whole(self):
        assert self.process.poll() is None, "the field ended:\n" + "\n".join(self.lines)
        connected, devices = self.statistics()
        return connected == devices

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        self.reader.join(5)
        return code
