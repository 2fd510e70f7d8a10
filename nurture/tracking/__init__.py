"""What readers do with an email: hits, clicks, opt-outs, wishes.

Raw hits are recorded first and never changed; what they mean (`signals`, `verdicts`, `judging`) is
worked out afterwards and can be worked out again.
"""

from nurture.tracking.consent import unsubscribe
from nurture.tracking.hits import record_hits
from nurture.tracking.judging import Judged, adopt, judge, judge_all, rejudge

__all__ = ["Judged", "adopt", "judge", "judge_all", "record_hits", "rejudge", "unsubscribe"]
