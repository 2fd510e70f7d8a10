"""What readers do with an email: hits, clicks, opt-outs, wishes.

Raw hits are recorded first and never changed; what they mean (`signals`, `verdicts`, `judge`) is
worked out afterwards and can be worked out again.
"""
