"""Wrong credentials of the last minute, by where they came from."""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from starlette.types import Scope

WRONG, SPAN = 10, 60.0  # wrong ones of a kind allowed per source, within so many seconds
SOURCES = 10_000  # remembered at a time

# Each counted by itself: a foreign page's link must not close the form.
Kind = Literal["address", "form", "cookie", "link", "pin", "selfie", "phone"]


@dataclass
class Guesses:
    """Wrong credentials by kind and source."""

    clock: Callable[[], float] = time.monotonic
    most: int = WRONG  # allowed per source
    span: float = SPAN  # seconds
    wrong: OrderedDict[tuple[Kind, str], deque[float]] = field(default_factory=OrderedDict)

    def too_many(self, kind: Kind, source: str) -> bool:
        """Whether the source has used up its guesses."""
        times = self.wrong.get((kind, source), deque())
        while times and self.clock() - times[0] > self.span:
            times.popleft()
        return len(times) >= self.most

    def count(self, kind: Kind, source: str) -> None:
        """Count a wrong one."""
        self.wrong.setdefault((kind, source), deque(maxlen=self.most)).append(self.clock())
        self.wrong.move_to_end((kind, source))
        while len(self.wrong) > SOURCES:
            self.wrong.popitem(last=False)


def ip_of(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address, an IPv4 one if it is one written as IPv6; None for anything else."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip


def source_of(scope: Scope) -> str:
    """What guesses are counted for: an IPv4 address, or an IPv6 /64 network, which one device may own."""
    address = (scope.get("client") or ("",))[0]
    ip = ip_of(address)
    return str(ipaddress.ip_network((ip, 64), strict=False)) if isinstance(ip, ipaddress.IPv6Address) else address
