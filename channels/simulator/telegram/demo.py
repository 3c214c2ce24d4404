"""Accounts to play with when nobody says which: their numbers begin with +999, which no carrier can dial.

The service remembers who has started its bot and a new box does not, so all but one have started it already.
"""

from channels.simulator.telegram.accounts import Account

DEMO_ACCOUNTS = (
    Account(700_000_001, "小安", username="rehearsal_an", phone="+99913800000004", label="居民己（年轻人）", has_started=True),
    Account(700_000_002, "阿乐", phone="+99913800000005", label="居民庚（外地子女）", has_started=True),
    Account(700_000_003, "Robin", language_code="en", phone="+99913800000006", label="Robin (English)"),
    Account(700_000_008, "网格员丁", username="rehearsal_ding", phone="+99913800000008", label="网格员丁", has_started=True),
)
