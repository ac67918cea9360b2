"""The tests mirror the package; they run under pytest and under trial."""

from hypothesis import settings

settings.register_profile("steady", deadline=None)  # the machine may be busy with something else
settings.load_profile("steady")
