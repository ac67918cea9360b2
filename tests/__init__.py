"""The tests mirror the package; they run under pytest and under trial."""

import os

from hypothesis import Phase, settings

settings.register_profile("steady", deadline=None)  # the machine may be busy with something else
settings.register_profile(  # for hundreds of runs by mutmut: the first example that fails is enough
    "mutants",
    settings.get_profile("steady"),
    derandomize=True,
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("mutants" if "MUTANT_UNDER_TEST" in os.environ else "steady")
