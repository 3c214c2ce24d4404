"""Phones to play with when nobody says which: +999 is a country code that no carrier can dial."""

from channels.simulator.texts import Phone

DEMO_NUMBER = "+99910012345"

DEMO_PHONES = (
    Phone("+99913800000001", "居民甲（3号楼2单元501）"),
    Phone("+99913800000002", "居民乙（独居）"),
    Phone("+99913800000003", "居民丙（1号楼）"),
    Phone("+99913800000008", "网格员丁", "grid_worker"),
    Phone("+99962000009", "座机戊", "landline"),
)
