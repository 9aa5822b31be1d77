"""Equal Earth (Šavrič, Patterson, Jenny 2018): places on the globe to points of the map, areas kept."""

import math
from typing import Final

# The map is turned so that Chukotka stays in one piece.
MERIDIAN: Final = 11.0
WIDTH: Final = 1000.0
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_M: Final = math.sqrt(3) / 2


def _equal_earth(longitude: float, latitude: float) -> tuple[float, float]:
    angle = math.asin(_M * math.sin(math.radians(latitude)))
    square = angle * angle
    sixth = square**3
    x = (
        math.radians(longitude)
        * math.cos(angle)
        / (_M * (_A1 + 3 * _A2 * square + sixth * (7 * _A3 + 9 * _A4 * square)))
    )
    y = angle * (_A1 + _A2 * square + sixth * (_A3 + _A4 * square))
    return x, y


_RIGHT: Final = _equal_earth(180, 0)[0]
_TOP: Final = _equal_earth(0, 90)[1]
_SCALE: Final = WIDTH / (2 * _RIGHT)
HEIGHT: Final = 2 * _TOP * _SCALE


def project(longitude: float, latitude: float) -> tuple[float, float]:
    """Return the point of a place, in units of a map that is 1000 wide; y grows downwards."""
    turned = (longitude - MERIDIAN + 180) % 360 - 180
    return project_turned(turned, latitude)


def project_turned(turned: float, latitude: float) -> tuple[float, float]:
    """Return the point of a place whose longitude counts from the map's own meridian, from -180 to 180."""
    x, y = _equal_earth(turned, latitude)
    return (x + _RIGHT) * _SCALE, (_TOP - y) * _SCALE
