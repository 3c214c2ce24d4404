"""One room per matter: what can be said, asked, decided and kept about it."""
