"""What tests compute from samples of a meter, each of which holds until the next one."""

import re
from bisect import bisect_right
from datetime import datetime


def moment(text):
    """Seconds since 1970 of a time as services tell it, which may have nanoseconds."""
    return datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", text).replace("Z", "+00:00")).timestamp()


def spans(samples, begin, end):
    """`(hours, *values)` of samples `(time, *values)` between two times."""
    times = [sample[0] for sample in samples] + [end]
    for index in range(max(0, bisect_right(times, begin) - 1), len(samples)):
        start, stop = max(begin, times[index]), min(end, times[index + 1])
        if start < stop:
            yield (stop - start) / 3600, *samples[index][1:]


def mean(samples, begin, end):
    """Mean of the first value."""
    parts = [(hours, values[0]) for hours, *values in spans(samples, begin, end)]
    return sum(hours * value for hours, value in parts) / sum(hours for hours, _ in parts)


class SiteTime:
    """The site's time, from the message that the host leaves on `$SYS/dsotp/clock`."""

    TOPIC = "$SYS/dsotp/clock"

    def __init__(self, body):
        self.site, self.machine, self.speed = moment(body["time"]), moment(body["at"]), body["speed"]

    def at(self, machine):
        """Seconds since 1970 when the machine's clock shows `machine`."""
        return self.site + (machine - self.machine) * self.speed
