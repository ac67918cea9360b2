"""``auction lab``: the experiments."""

from twisted_auction.cli.base import Commands, lazy_command


class Lab(Commands):
    """The experiments."""

    synopsis = "COMMAND [options]"
    example = "truth --format first-price"
    longdesc = (
        "In which auction do the bids show what the item is worth to its Buyers? Five ways to find "
        "out."
    )
    subCommands = [
        (
            "truth",
            None,
            lazy_command(".lab_truth.Truth"),
            "What would each bid of one Buyer be worth to it?",
        ),
        (
            "prove",
            None,
            lazy_command(".lab_prove.Prove"),
            "Is it never worse to bid the truth? Try every case.",
        ),
        (
            "play",
            None,
            lazy_command(".lab_play.Play"),
            "What do many auctions among robots come to?",
        ),
        (
            "replay",
            None,
            lazy_command(".lab_replay.Replay"),
            "What would recorded bids have brought under other rules?",
        ),
        (
            "plot-class",
            None,
            lazy_command(".lab_plot_class.PlotClass"),
            "What has a class bid, given what the items were worth to it?",
        ),
    ]
