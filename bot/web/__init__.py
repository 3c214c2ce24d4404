"""HTTP: the hooks that platforms call, and the pages that people open."""
