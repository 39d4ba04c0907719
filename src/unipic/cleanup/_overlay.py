"""Lay one picture on another at full resolution, to a fraction of a pixel.

A copy is a resized, cut, mirrored or quarter-turned file, so four numbers place it: a scale and an offset each way.
The keypoints of small sketches give them roughly; the pixels of both pictures refine them (Lucas & Kanade 1981, from
coarse to fine, with weights that let changed places count little).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from unipic.cleanup._alignment import Alignment, Sketch, agreement, as_they_are, fits, placed

# Long sides in pixels at which the place is refined, and the most steps there. At the first an error of the sketches is
# below one pixel; a sum over so many pixels as the second has is exact to a few hundredths of one at full size.
SCALES = ((500, 8), (1000, 4))
STRIDE = 2  # every second row and column tells as much as all
FLAT = 1.0  # grey levels a pixel; a smaller slope tells nothing about the place
SAMPLED = 8  # one of so many tells their median as well, which would take as long as all else
FEWEST_PIXELS = 64  # with a slope, to refine anything
LEAST_GAIN = 0.1  # of the contrast; less is another picture
NOTHING = 0.01  # pixels; a smaller step ends the refinement
MOST = 6.0  # pixels; a refinement that goes further has lost its way
SHAPES = 0.02  # relative difference of the sides' ratios up to which two frames are laid on each other as they are
PLAINLY = 0.97  # correlation of small blocks, the tenth worst in a hundred, from which nothing else need be tried
ON_GRID = 0.03  # pixels; pictures that are closer lie on each other without being resampled
LEAST_SIDE = 16  # pixels of what lies on each other; less shows nothing


@dataclass(frozen=True, eq=False)
class Overlay:
    """Two pictures on one grid, that of the coarser one."""

    ours: np.ndarray  # uint8 [H, W, 3] RGB
    theirs: np.ndarray  # uint8 [H, W, 3] RGB
    both: np.ndarray  # bool [H, W]: where both exist


def overlay(a: np.ndarray, b: np.ndarray) -> Overlay | None:
    """Both pictures, uint8 [H, W, 3] RGB, on one grid; None if nothing tells how one lies on the other."""
    first = _laid_by_sketches(a, b)
    if first is None:
        return None
    coarse, fine, cut, swapped = first
    exact = _refined(coarse, fine, cut)
    if exact is None:
        return None
    laid, both = _warped(fine, exact, coarse.shape[:2])
    if both.sum() < LEAST_SIDE**2:
        return None
    return Overlay(laid, coarse, both) if swapped else Overlay(coarse, laid, both)


def _laid_by_sketches(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool] | None:
    """(coarse, fine, float64 [2, 3] from fine to coarse, whether the coarse one is b), the fine one at that scale."""
    ours, theirs = Sketch(a, max(a.shape)), Sketch(b, max(b.shape))
    found = _best_fit(ours, theirs)
    if found is None:
        return None
    cut = placed(found, ours, theirs, a.shape, b.shape)
    zoom = float(np.sqrt(abs(np.linalg.det(cut[:, :2]))))
    if not 0.02 < zoom < 50:
        return None
    b = np.ascontiguousarray(b[:, ::-1]) if found.mirrored else b
    if zoom <= 1:
        fine, cut = _shrunk(b, cut, zoom)
        return a, fine, cut, False
    fine, cut = _shrunk(a, cv2.invertAffineTransform(cut), 1 / zoom)
    return b, fine, cut, True


def _best_fit(ours: Sketch, theirs: Sketch) -> Alignment | None:
    """Of the ways one may lie on the other, that in which most detail agrees: symmetric scenes fit in two.

    Keypoints are searched only if the frames do not plainly fit as they are, as those of most copies do.
    """
    (height, width), (other_height, other_width) = ours.grey.shape, theirs.grey.shape
    if abs(height * other_width / (width * other_height) - 1) < SHAPES:
        whole = as_they_are(ours, theirs)
        plain = agreement(ours, theirs, whole)
        if plain and plain.detail >= PLAINLY:
            return whole
        ways = [*fits(ours, theirs), whole]
    else:
        ways = fits(ours, theirs)
    seen = [(agreement(ours, theirs, way), way) for way in ways]
    told = [(one.detail, way.points, way) for one, way in seen if one]
    return max(told, key=lambda one: one[:2])[2] if told else ways[0] if ways else None


def _shrunk(fine: np.ndarray, cut: np.ndarray, zoom: float) -> tuple[np.ndarray, np.ndarray]:
    """The fine picture at the scale of the coarse one by averaging areas, and the cut that then remains."""
    if zoom > 0.97:
        return fine, cut
    size = [max(1, round(side * zoom)) for side in fine.shape[1::-1]]
    return cv2.resize(fine, size, interpolation=cv2.INTER_AREA), _on_scale(cut, fine.shape[1::-1], size)


def _on_scale(cut: np.ndarray, old: Sequence[int], new: Sequence[int]) -> np.ndarray:
    """The cut from a picture whose size (width, height) was changed; whole numbers are pixel centres."""
    ratio = np.array(old, np.float64) / np.array(new, np.float64)
    linear = cut[:, :2] * ratio
    return np.concatenate([linear, (cut[:, 2] + cut[:, :2] @ ((ratio - 1) / 2))[:, None]], axis=1)


def _refined(coarse: np.ndarray, fine: np.ndarray, cut: np.ndarray) -> np.ndarray | None:
    """The cut, refined at each of SCALES; None if it lost its way."""
    greys = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (coarse, fine)]
    for side, steps in SCALES:
        share = min(1.0, side / max(greys[0].shape))
        # A size instead of a factor: with a factor the scale is not exactly that of the rounded sizes.
        sizes = [[round(length * share) for length in grey.shape[::-1]] for grey in greys]
        small = [cv2.resize(grey, size, interpolation=cv2.INTER_AREA) for grey, size in zip(greys, sizes, strict=True)]
        before = _between(cut, greys, small)
        after = _steps(small[0], small[1], before, steps)
        if after is None or _moved(before, after, small[1].shape) > MOST:
            return None
        cut = _between(after, small, greys)
        if share == 1:
            break
    return cut


def _moved(before: np.ndarray, after: np.ndarray, shape: tuple[int, ...]) -> float:
    """The most that a corner moved, in pixels."""
    corners = np.array([[[x, y]] for x in (0, shape[1]) for y in (0, shape[0])], np.float64)
    return float(np.abs(cv2.transform(corners, before) - cv2.transform(corners, after)).max())


def _between(cut: np.ndarray, old: list[np.ndarray], new: list[np.ndarray]) -> np.ndarray:
    """The cut from old[1] to old[0] as that between the same pictures in other sizes, new[1] to new[0]."""
    cut = _on_scale(cut, old[1].shape[1::-1], new[1].shape[1::-1])
    ratio = np.array(new[0].shape[1::-1]) / np.array(old[0].shape[1::-1])
    moved = cut * ratio[:, None]
    moved[:, 2] += (ratio - 1) / 2
    return moved


def _steps(coarse: np.ndarray, fine: np.ndarray, cut: np.ndarray, steps: int) -> np.ndarray | None:
    """The cut after some Gauss-Newton steps of grey pictures, uint8 [H, W]; None where they fail."""
    target = cv2.GaussianBlur(coarse, (0, 0), 1.0).astype(np.float32)
    for _ in range(steps):
        laid, both = _warped(fine, cut, coarse.shape)
        change = _step(target, cv2.GaussianBlur(laid, (0, 0), 1.0).astype(np.float32), both)
        if change is None:
            return None
        cut = (np.linalg.inv(change) @ np.vstack([cut, [0, 0, 1]]))[:2]
        if _moved(np.eye(2, 3), change[:2], fine.shape) < NOTHING:
            break
    return cut


def _step(target: np.ndarray, laid: np.ndarray, both: np.ndarray) -> np.ndarray | None:
    """Where the pixels of `target` lie in `laid`, float64 [3, 3]: the scales and offsets that change it into the other.

    A line for the tones is fitted along. float32 [H, W] both.
    """
    height, width = target.shape
    across, down = (cv2.Sobel(laid, cv2.CV_32F, *way, scale=0.125) for way in ((1, 0), (0, 1)))
    use = np.zeros_like(both)
    use[2:-2:STRIDE, 2:-2:STRIDE] = True
    rows, columns = np.nonzero(use & both & (np.abs(across) + np.abs(down) > FLAT))
    if len(rows) < FEWEST_PIXELS:
        return np.eye(3)
    x, y = columns.astype(np.float32) / width - 0.5, rows.astype(np.float32) / height - 0.5
    across, down, laid, target = (plane[rows, columns] for plane in (across, down, laid, target))
    found = _solved(np.stack([across, across * x, down, down * y, laid, np.ones_like(x)]), target)
    if found is None or found[4] < LEAST_GAIN:
        return None
    over, wider, under, higher = found[:4] / found[4]
    return np.array([[1 + wider / width, 0, over - wider / 2], [0, 1 + higher / height, under - higher / 2], [0, 0, 1]])


def _solved(terms: np.ndarray, target: np.ndarray) -> np.ndarray | None:
    """Robust least squares of the target, float32 [N], by terms, float32 [K, N]: float64 [K]."""
    weights = np.ones_like(target)
    found = np.zeros(len(terms))
    for _ in range(3):
        weighted = terms * weights
        try:
            found = np.linalg.solve((weighted @ terms.T).astype(np.float64), (weighted @ target).astype(np.float64))
        except np.linalg.LinAlgError:
            return None
        off = np.abs(target - found.astype(np.float32) @ terms)
        weights = 1 / (1 + (off / (3 * float(np.median(off[::SAMPLED])) + 1)) ** 2)
    return found


def _warped(fine: np.ndarray, cut: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The fine picture on the grid of the coarse one, and bool [H, W] where it exists."""
    size = (shape[1], shape[0])
    if fine.shape[:2] == shape[:2] and _moved(np.eye(2, 3), cut, fine.shape) < ON_GRID:
        return fine, np.ones(shape[:2], bool)
    laid = cv2.warpAffine(fine, cut, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    corners = np.array([[[-0.5, -0.5]], [[fine.shape[1] - 0.5, fine.shape[0] - 0.5]]])
    (left, top), (right, bottom) = np.sort(cv2.transform(corners, cut)[:, 0], axis=0)
    both = np.zeros(shape[:2], bool)
    left, top = max(0, int(np.ceil(left + 0.5))), max(0, int(np.ceil(top + 0.5)))
    both[top : max(0, int(np.floor(bottom + 0.5))), left : max(0, int(np.floor(right + 0.5)))] = True
    return laid, both
