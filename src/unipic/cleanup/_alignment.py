"""Align one photo with another, and compare their pixels: evidence independent of the encoder.

Keypoints (SIFT, Lowe 2004, with the square roots of Arandjelovic & Zisserman 2012) that match and move together under
one homography (MAGSAC++, Barath 2020) show that two photos are of one scene. They are one picture if, besides, the
homography is that of a resized, cropped, turned or mirrored file, and the pixels agree in detail, tone, sharpness and
grain. Shots of a burst fail at one of these: the hand or the subject moves, focus or exposure differ, or at least the
sensor's noise does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 320  # pixels of the long side; 400 finds a few more pairs in twice the time
POINTS = 300  # keypoints at most, the strongest
FEWEST = 8  # keypoints that move together; a homography fits any 4, and chance rarely adds 4 more
LOOSE = 3.0  # pixels a keypoint may be off the homography
# Degrees within which the directions of keypoints turn together. In one scene that homographies fit they turn by about
# the same; those that match by chance turn by anything.
ONE_TURN = 60.0
RATIO = 0.85  # of the distances to the nearest and the second nearest keypoint
GRAIN_BLOCK = 24  # pixels of the thumbnail
LEAST_GRAIN = 0.4  # grey levels; less is rounding
SWEPT = (0.12, 0.9)  # of the frame, from one shot of a panorama to the next
UPRIGHT, ZOOM = 8.0, 1.2  # degrees; ratio

cv2.setNumThreads(1)  # parallel over photos, not inside one

NOTHING = np.zeros((0, 0), np.float32)
# A mirror swaps each of SIFT's 4 x 4 x 8 bins (places, places, directions) with another. In the sums and the
# differences of such two, over the root of 2, it only changes the sign of the differences.
HALF = 64
BY_MIRROR = np.arange(128).reshape(4, 4, 8)
BY_MIRROR = np.concatenate([BY_MIRROR[:2].ravel(), BY_MIRROR[::-1][..., (8 - np.arange(8)) % 8][:2].ravel()])


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Keypoints of a photo, as they are kept: in a quarter of the memory, without loss."""

    size: tuple[int, int]  # of the sketch, width and height
    places: np.ndarray  # float32 [N, 2] (x, y)
    angles: np.ndarray  # float32 [N], degrees
    bins: np.ndarray  # uint8 [N, 128]: HALF bins, then those that a mirror swaps them with


class Sketch:
    """A photo in grey at SIDE pixels, and its keypoints; both are made on first use."""

    def __init__(
        self, pixels: np.ndarray | Callable[[], np.ndarray], original: int, keypoints: Keypoints | None = None
    ) -> None:
        """pixels: uint8 [H, W, 3] RGB, or what loads them. original: long side of the photo, which limits its detail.

        keypoints: those of an earlier sketch of the photo.
        """
        self.detail = min(1.0, original / SIDE)
        self._pixels = pixels
        self._grey: np.ndarray | None = None
        self._keypoints = keypoints
        self._descriptors: np.ndarray | None = None

    # Not cached_property: up to Python 3.11 it has one lock for all instances, so threads would wait for each other.
    @property
    def grey(self) -> np.ndarray:
        """uint8 [H, W]."""
        if self._grey is None:
            self._grey = _sketched(self._pixels() if callable(self._pixels) else self._pixels)
        return self._grey

    @property
    def keypoints(self) -> Keypoints:
        """The strongest, at most POINTS."""
        if self._keypoints is None:
            self._keypoints = _found(self.grey)
        return self._keypoints

    @property
    def descriptors(self) -> np.ndarray:
        """Of the keypoints, float32 [N, 128] of length 1: HALF sums, which a mirror keeps, then HALF differences."""
        if self._descriptors is None:
            bins = self.keypoints.bins.astype(np.float32)
            roots = np.sqrt(bins / np.maximum(2 * bins.sum(axis=1, keepdims=True), 1e-6))
            one, other = roots[:, :HALF], roots[:, HALF:]
            self._descriptors = np.concatenate([one + other, one - other], axis=1)
        return self._descriptors


def _sketched(pixels: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    scale = SIDE / max(grey.shape)
    size = [max(16, round(side * scale)) for side in grey.shape[::-1]]
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def _found(grey: np.ndarray) -> Keypoints:
    found, descriptors = _sift().detectAndCompute(grey, None)
    places = np.array([point.pt for point in found], np.float32).reshape(-1, 2)
    angles = np.array([point.angle for point in found], np.float32)
    bins = np.zeros((0, 128), np.uint8) if descriptors is None else descriptors.astype(np.uint8)[:, BY_MIRROR]
    return Keypoints(grey.shape[::-1], places, angles, bins)


def _sift() -> cv2.SIFT:
    # Without precise upscaling every place is a quarter of a pixel off, in a mirror to the other side.
    return cv2.SIFT.create(nfeatures=POINTS, contrastThreshold=0.01, enable_precise_upscale=True)


@dataclass(frozen=True, eq=False)
class Alignment:
    """How `b` lies on `a`, by the keypoints that move together."""

    points: int
    mirrored: bool
    plane: np.ndarray  # float64 [3, 3]: places in b (mirrored if so) -> places in a
    here: np.ndarray  # float32 [N, 2] in a
    there: np.ndarray  # float32 [N, 2] in b (mirrored if so)

    @property
    def angle(self) -> float:
        """Degrees by which `b` is turned, at the middle of the points."""
        middle = self.there.mean(axis=0)
        line = np.array([[middle, middle + np.array([1.0, 0.0])]], np.float64)
        start, end = cv2.perspectiveTransform(line, self.plane)[0]
        return float(np.degrees(np.arctan2(*(end - start)[::-1])))

    @property
    def turn(self) -> int:
        """The nearest of 0, 90, 180 and 270 degrees."""
        return round(self.angle / 90) % 4 * 90


@dataclass(frozen=True)
class Agreement:
    """The differences that remain once one picture lies upright on the other."""

    off: float  # pixels of SIDE: how far from a resized cut (median of the keypoints)
    slant: float  # degrees from the nearest quarter turn
    covered: float  # share of the less covered picture that the other shows
    detail: float  # correlation of small blocks, the tenth worst in a hundred
    contrast: float  # log2 of the ratio of contrasts
    shift: float  # difference of mean brightness, 0 to 1
    sharpness: float  # log2 of the ratio of fine detail, median
    uneven: float  # spread of that ratio over the picture


def align(a: Sketch, b: Sketch, mirrored: bool = True) -> Alignment | None:
    """The homography that most keypoints agree on, plain or, if asked for, mirrored; None if fewer than FEWEST do."""
    ways = _ways(a, b)
    straight = next(ways)
    if not mirrored or (straight and straight.points >= 3 * FEWEST):
        return straight
    return max((fit for fit in (straight, next(ways)) if fit), key=lambda fit: fit.points, default=None)


def fits(a: Sketch, b: Sketch) -> list[Alignment]:
    """The homography plain and mirrored, each only if at least FEWEST keypoints agree on it."""
    return [fit for fit in _ways(a, b) if fit]


def _ways(a: Sketch, b: Sketch) -> Iterator[Alignment | None]:
    """How `b` lies on `a`, plain and then mirrored."""
    ours, theirs = a.keypoints, b.keypoints
    if min(len(ours.places), len(theirs.places)) < FEWEST:
        yield from (None, None)
        return
    sums = cv2.gemm(a.descriptors[:, :HALF], b.descriptors[:, :HALF], 1, NOTHING, 0, flags=cv2.GEMM_2_T)
    straight = cv2.gemm(a.descriptors[:, HALF:], b.descriptors[:, HALF:], 1, sums, 1, flags=cv2.GEMM_2_T)
    yield _fit(ours, theirs.places, theirs.angles, straight, mirrored=False)
    mirrored = 2 * sums - straight
    flipped = np.stack([theirs.size[0] - 1 - theirs.places[:, 0], theirs.places[:, 1]], axis=1)
    yield _fit(ours, flipped, 180 - theirs.angles, mirrored, mirrored=True)


def _fit(a: Keypoints, places: np.ndarray, angles: np.ndarray, like: np.ndarray, mirrored: bool) -> Alignment | None:
    """The homography to `a` from these places, float32 [M, 2], with angles, float32 [M], and likeness [N, M]."""
    mine, theirs = _matched(like)
    if not _turned_alike(a.angles[mine] - angles[theirs]):
        return None
    here, there = a.places[mine], places[theirs]
    cv2.setRNGSeed(1)
    plane, fits = cv2.findHomography(there, here, cv2.USAC_MAGSAC, LOOSE, maxIters=1000, confidence=0.999)
    if plane is None or fits.sum() < FEWEST:
        return None
    fits = fits.ravel().astype(bool)
    return Alignment(int(fits.sum()), mirrored, plane, here[fits], there[fits])


def _turned_alike(turns: np.ndarray) -> bool:
    """Whether FEWEST of these angles, float32 [N] in degrees, lie within ONE_TURN of each other."""
    if len(turns) < FEWEST:
        return False
    turns = np.sort(turns % 360)
    return bool((np.concatenate([turns[FEWEST - 1 :], turns[: FEWEST - 1] + 360]) - turns <= ONE_TURN).any())


def _matched(like: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mutual nearest neighbours that are clearly nearer than the second nearest (Lowe's ratio test), int64 [K] each.

    like: float32 [N, M], cosines of two photos' descriptors; written to, and as before in the end.
    """
    rows = np.arange(len(like))
    nearest = like.argmax(axis=1)
    first = like[rows, nearest]
    like[rows, nearest] = -1
    clear = np.flatnonzero(2 - 2 * first < RATIO**2 * (2 - 2 * like.max(axis=1)))
    like[rows, nearest] = first
    theirs = nearest[clear]
    mutual = like[:, theirs].argmax(axis=0) == clear
    return clear[mutual], theirs[mutual]


def as_they_are(a: Sketch, b: Sketch) -> Alignment:
    """Frame on frame, for pictures with too few keypoints."""
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)
    here, there = (corners * np.array(plane.shape[::-1], np.float32) - 0.5 for plane in (a.grey, b.grey))
    plane = cv2.getPerspectiveTransform(there.astype(np.float32), here.astype(np.float32))
    return Alignment(0, False, plane, here, there)


def agreement(a: Sketch, b: Sketch, found: Alignment) -> Agreement | None:
    """Lay `b` upright on `a` and compare their pixels. None if that is impossible or there is no texture."""
    cut, off = _upright(found)
    zoom = _zoom(cut)
    if not 0.1 < zoom < 10:
        return None
    ours, theirs, both = _laid(a.grey, b.grey, cut, found.mirrored)
    if both.mean() < 0.05:
        return None
    # Detail that only one of them can hold proves nothing, so both are blurred to the poorer one.
    blur = 0.8 / max(0.1, min(a.detail, b.detail / zoom, 1.0))
    compared = _compared(cv2.GaussianBlur(ours, (0, 0), blur), cv2.GaussianBlur(theirs, (0, 0), blur), both)
    if compared is None:
        return None
    covered = min(1.0, float(both.mean()), float(both.sum() / zoom**2 / b.grey.size))
    return Agreement(off, abs((found.angle + 45) % 90 - 45), covered, *compared)


def _upright(found: Alignment) -> tuple[np.ndarray, float]:
    """Fit scale and offset in x and y after the quarter turn.

    float64 [2, 3] from b to a; the points' median distance from it in pixels.
    """
    quarter = np.radians(found.turn)
    spin = np.round([[np.cos(quarter), -np.sin(quarter)], [np.sin(quarter), np.cos(quarter)]])
    turned = found.there @ spin.T
    lines = [_line(turned[:, axis], found.here[:, axis]) for axis in (0, 1)]
    cut = np.array([[*(scale * spin[axis]), place] for axis, (scale, place, _) in enumerate(lines)])
    return cut, float(np.median(np.hypot(*(gaps for _, _, gaps in lines))))


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Fit y = scale * x + place robustly (iteratively reweighted). Returns each point's distance too."""
    terms = np.stack([x, np.ones_like(x)], axis=1)
    weights = np.ones(len(x))
    for _ in range(5):
        scale, place = np.linalg.lstsq(terms * weights[:, None], y * weights, rcond=None)[0]
        gaps = np.abs(y - terms @ [scale, place])
        weights = 1 / np.sqrt(1 + (gaps / 0.7) ** 2)
    return float(scale), float(place), gaps


def placed(found: Alignment, a: Sketch, b: Sketch, ours: tuple[int, ...], theirs: tuple[int, ...]) -> np.ndarray:
    """The upright cut between the pictures of these shapes that two sketches were made from.

    float64 [2, 3] from the second (mirrored if so) to the first.
    """
    cut, _ = _upright(found)
    up, down = ours[1] / a.grey.shape[1], b.grey.shape[1] / theirs[1]
    cut = np.concatenate([cut[:, :2] * up * down, cut[:, 2:] * up], axis=1)
    # Whole numbers are pixel centres, not corners.
    cut[:, 2] += (up - 1) / 2 - cut[:, :2] @ np.full(2, (1 / down - 1) / 2)
    return cut


def _zoom(cut: np.ndarray) -> float:
    return float(np.sqrt(abs(np.linalg.det(cut[:, :2]))))


def _laid(a: np.ndarray, b: np.ndarray, cut: np.ndarray, mirrored: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`b` laid on `a`: both as float32 [H, W] of equal detail, and bool [H, W] where both exist."""
    ours: np.ndarray = a.astype(np.float32)
    theirs: np.ndarray = np.ascontiguousarray(b[:, ::-1] if mirrored else b).astype(np.float32)
    zoom = _zoom(cut)
    if zoom < 0.97:
        theirs = cv2.GaussianBlur(theirs, (0, 0), 0.5 / zoom)
    elif zoom > 1.03:
        ours = cv2.GaussianBlur(ours, (0, 0), 0.5 * zoom)
    size = a.shape[::-1]
    where = cv2.warpAffine(np.full(b.shape, 255, np.uint8), cut, size, flags=cv2.INTER_NEAREST)
    return ours, cv2.warpAffine(theirs, cut, size, flags=cv2.INTER_CUBIC), cv2.erode(where, np.ones((5, 5))) > 0


def _compared(
    ours: np.ndarray, theirs: np.ndarray, both: np.ndarray
) -> tuple[float, float, float, float, float] | None:
    """(detail, contrast, shift, sharpness, uneven) of an Agreement; None without texture to compare."""

    def mean(plane: np.ndarray) -> np.ndarray:
        return cv2.blur(plane, (15, 15))

    ours_mean, theirs_mean = mean(ours), mean(theirs)
    ours_power = mean(ours * ours) - ours_mean**2
    theirs_power = mean(theirs * theirs) - theirs_mean**2
    # Not where a block reaches beyond the overlap: one of the pictures is black there.
    inside = cv2.erode(both.astype(np.uint8), np.ones((15, 15))) > 0
    textured = (np.minimum(ours_power, theirs_power) > 16) & inside
    if textured.mean() < 0.01:
        return None
    like = (mean(ours * theirs) - ours_mean * theirs_mean)[textured]
    like /= np.sqrt(ours_power[textured] * theirs_power[textured])
    contrast = float(np.log2(ours[both].std() / theirs[both].std()))
    shift = float(ours[both].mean() - theirs[both].mean()) / 255
    fine = [mean(np.abs(cv2.Laplacian(plane, cv2.CV_32F)))[textured] + 1e-3 for plane in (ours, theirs)]
    low, middle, high = np.percentile(np.log2(fine[0] / fine[1]), (15, 50, 85))
    return float(np.percentile(like, 10)), contrast, shift, float(middle) - contrast, float(high - low)


def grain(large: np.ndarray, other: np.ndarray, a: Sketch, b: Sketch, found: Alignment) -> float | None:
    """Correlation of the finest structure in the calmest third of the picture: equal noise means one exposure.

    large, other: uint8 [H, W, 3], the thumbnails that `a` and `b` were made from. None with too little noise: a
    strongly compressed copy has lost it, which proves nothing.
    """
    ours, theirs = (cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) for pixels in (large, other))
    cut = placed(found, a, b, ours.shape, theirs.shape)
    ours, theirs, both = _laid(ours, theirs, cut, found.mirrored)
    ours, theirs = (plane - cv2.GaussianBlur(plane, (0, 0), 1.5) for plane in (ours, theirs))

    def blocks(plane: np.ndarray) -> np.ndarray:
        half = GRAIN_BLOCK // 2
        return cv2.blur(plane, (GRAIN_BLOCK, GRAIN_BLOCK))[half::GRAIN_BLOCK, half::GRAIN_BLOCK]

    whole = blocks(both.astype(np.float32)) > 0.999
    ours_power, theirs_power = blocks(ours * ours)[whole], blocks(theirs * theirs)[whole]
    together = blocks(ours * theirs)[whole]
    calm = np.argsort(np.maximum(ours_power, theirs_power), kind="stable")[: len(together) // 3]
    grainy = calm[np.minimum(ours_power, theirs_power)[calm] > LEAST_GRAIN**2]
    if len(grainy) < FEWEST:
        return None
    return float(np.median(together[grainy] / np.sqrt(ours_power[grainy] * theirs_power[grainy])))


# For panoramas and focus stacks.


def swept(a: Sketch, b: Sketch, found: Alignment) -> tuple[float, float] | None:
    """How far the view moved from `a` to `b` across and down, as shares of the frame.

    None if it moved too little or too far for a panorama, or the camera was turned or zoomed.
    """
    if found.mirrored or abs(found.angle) > UPRIGHT:
        return None
    size = np.array(b.keypoints.size, np.float64)
    places = np.array([[size / 2, size / 2 + [10, 0], size / 2 + [0, 10]]])
    middle, right, down = cv2.perspectiveTransform(places, found.plane)[0]
    zoom = float(np.sqrt(abs(np.linalg.det([right - middle, down - middle])))) / 10
    across, below = ((middle - np.array(a.keypoints.size) / 2) / size).tolist()
    went = SWEPT[0] <= max(abs(across), abs(below)) <= SWEPT[1] and 1 / ZOOM <= zoom <= ZOOM
    return (across, below) if went else None


def fine_detail(grey: np.ndarray, tiles: int) -> np.ndarray:
    """Standard deviation of the Laplacian in each tile of the frame, float64 [tiles, tiles] in grey levels."""
    fine = cv2.Laplacian(cv2.GaussianBlur(grey, (3, 3), 0), cv2.CV_32F)
    rows = np.array_split(fine, tiles)
    return np.array([[float(tile.std()) for tile in np.array_split(row, tiles, axis=1)] for row in rows])
