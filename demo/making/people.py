"""Who speaks in the demo, and where: voices of espeak-ng and the rooms that they are put in."""

from __future__ import annotations

import numpy as np

from making.studio import Room
from making.voice import Voice

_QELWADI = "gmw/en-GB-x-rp+m3"
_SOMEBODY_ELSE = "gmw/en-GB-scotland+m1"

MESSAGE = (
    Voice(_QELWADI, 132, 36, 42),
    Room(0.35, 6, -62, 200, 3800, seed=1),
)
RECORDINGS: dict[str, tuple[Voice, Room]] = {
    "known_1": (Voice(_QELWADI, 146, 38, 52), Room(0.25, 9, -64, 120, 7000, seed=2)),
    "known_2": (Voice(_QELWADI, 138, 41, 60), Room(0.70, 4, -55, 150, 6000, seed=3)),
    "release_2031": (Voice(_QELWADI, 150, 38, 46), Room(0.30, 7, -60, 150, 5000, seed=4)),
    "release_2032": (Voice(_QELWADI, 140, 35, 44), Room(0.45, 5, -58, 150, 6500, seed=5)),
    "impostor": (Voice(_SOMEBODY_ELSE, 135, 40, 48), Room(0.35, 6, -60, 200, 3800, seed=6)),
}
SPEAKERS = {
    "questioned": "Zarmuth Qelwadi, with a passage of release_2031",
    "known_1": "Zarmuth Qelwadi",
    "known_2": "Zarmuth Qelwadi",
    "release_2031": "Zarmuth Qelwadi",
    "release_2032": "Zarmuth Qelwadi",
    "impostor": "somebody else",
}

_POPULATION = (
    ("gmw/en+m1", 45), ("gmw/en-US+m2", 30), ("gmw/en-029+m4", 50), ("gmw/en-GB-x-gbclan+m5", 35),
    ("gmw/en-GB-x-gbcwmd+m6", 42), ("gmw/en-US-nyc+m7", 38), ("gmw/de+m1", 40), ("gmw/nl+m4", 46),
    ("gmq/sv+m2", 36), ("gmq/da+m5", 52), ("roa/it+m6", 44), ("roa/es+m7", 40),
    ("roa/pt-BR+m8", 48), ("roa/ro+m1", 33), ("zlw/pl+m2", 55), ("zlw/cs+m4", 41),
    ("urj/fi+m5", 37), ("urj/hu+m6", 43), ("trk/tr+m7", 39), ("poz/id+m8", 47),
    ("gmw/en+f1", 50), ("gmw/en-US+f2", 45), ("gmw/de+f3", 55), ("roa/it+f4", 48),
)  # fmt: skip


def _others() -> list[tuple[Voice, Room]]:
    random = np.random.default_rng(24)
    people = []
    for number, (name, pitch) in enumerate(_POPULATION, start=1):
        voice = Voice(name, int(random.integers(138, 168)), pitch, int(random.integers(40, 65)))
        room = Room(
            reverberation_s=float(random.uniform(0.2, 0.7)),
            direct_db=float(random.uniform(3, 9)),
            noise_dbfs=float(random.uniform(-64, -52)),
            low_hz=float(random.uniform(120, 300)),
            high_hz=float(random.uniform(3400, 7000)),
            seed=100 + number,
        )
        people.append((voice, room))
    return people


OTHERS = _others()
