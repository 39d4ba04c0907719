"""Triangles of primaries in the plane of chromaticities: which colours a profile can express."""

Corners = tuple[float, ...]  # x and y of red, green and blue

NEAR = 0.01  # of a chromaticity; profiles round, and white points are adapted in several ways


def inside(inner: Corners, outer: Corners) -> bool:
    """Whether one triangle lies in another, but for rounding."""
    corners = list(zip(outer[::2], outer[1::2], strict=True))
    edges = list(zip(corners, (*corners[1:], corners[0]), strict=True))
    return all(_left(point, *edge) for point in zip(inner[::2], inner[1::2], strict=True) for edge in edges)


def _left(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Whether the point is on the inner side of an edge, or nearer to it than NEAR."""
    across, up = end[0] - start[0], end[1] - start[1]
    side = across * (point[1] - start[1]) - up * (point[0] - start[0])
    return bool(side >= -NEAR * (across**2 + up**2) ** 0.5)
