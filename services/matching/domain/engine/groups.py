"""Groups of mentees, and how evenly an assignment treats them."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

_Longs = NDArray[np.int64]
WHOLE: Final = 1_000_000


def least_group(mentees: int) -> int:
    """Return from how many mentees on a group is compared with others.

    30, where one mentee is 3 % of a group, and more in programs of over 60,000. In programs of under 3,000
    that would leave most departments out, so there it is 1 % of the mentees, but 10 at least: below, one
    seat more or less moves a share by over a tenth, and evening out would chase accidents.
    """
    return max(10, min(30, mentees // 100), mentees // 2_000)


class Groups(NamedTuple):
    """The group of each mentee as a number from 0, how many groups there are, and which mentees count."""

    of: NDArray[np.int32]
    number: int
    counted: NDArray[np.bool_] | None = None

    @property
    def sizes(self) -> _Longs:
        """How many mentees of each group count."""
        return self._tally(np.ones(len(self.of), np.bool_))

    @property
    def compared(self) -> NDArray[np.bool_]:
        """Which groups are large enough to be compared."""
        return self.sizes >= least_group(len(self.of))

    def matched(self, mentor_of: NDArray[np.int32]) -> _Longs:
        """How many mentees of each group have a mentor."""
        return self._tally(mentor_of >= 0)

    def shares(self, mentor_of: NDArray[np.int32]) -> _Longs:
        """Which share of each group has a mentor, in millionths."""
        return self.matched(mentor_of) * WHOLE // np.maximum(self.sizes, 1)

    def everybody(self, mentor_of: NDArray[np.int32]) -> int:
        """Which share of all mentees has a mentor, in millionths."""
        return int(self.matched(mentor_of).sum()) * WHOLE // max(int(self.sizes.sum()), 1)

    def ratio_ppm(self, mentor_of: NDArray[np.int32]) -> int:
        """Return the smallest share over the largest, of the groups compared; a million: all alike."""
        shares = self.shares(mentor_of)[self.compared]
        largest = int(shares.max(initial=0))
        return int(shares.min()) * WHOLE // largest if largest else WHOLE

    def _tally(self, which: NDArray[np.bool_]) -> _Longs:
        counted = which if self.counted is None else which & self.counted
        return np.bincount(self.of[counted], minlength=self.number).astype(np.int64)
