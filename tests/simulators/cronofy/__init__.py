"""Cronofy, as far as Enterprise Connect and calendars go.

Facts are those of docs.cronofy.com and of Cronofy's own SDKs. What they leave open is decided so
that a client has the harder time: refresh tokens rotate, pages expire, writings are told as taken
before they are, deleted calendars and lost connections can look like calm ones.
"""

from simulators.cronofy.application import Application, RateLimit
from simulators.cronofy.grants import Rotation
from simulators.cronofy.mirror import Span
from simulators.cronofy.outbox import SIGNATURE, Sent, Spoiling, signature
from simulators.cronofy.receiver import Post, Receiver
from simulators.cronofy.simulator import CronofySimulator
from simulators.cronofy.writing import Pace

__all__ = [
    "SIGNATURE",
    "Application",
    "CronofySimulator",
    "Pace",
    "Post",
    "RateLimit",
    "Receiver",
    "Rotation",
    "Sent",
    "Span",
    "Spoiling",
    "signature",
]
