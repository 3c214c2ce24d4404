"""The State Council's yearly notices of days off and make-up working days, one dated table per year."""
