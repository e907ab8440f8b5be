"""How all charts look: colours, dashes, fonts."""

# Each stands out on the white and on the dark page: a contrast of 3 and more.
PALETTE = ["#2a7fc9", "#d0601a", "#35913b", "#a855c7", "#d13d72", "#0a8f9c", "#96705d", "#738390", "#8f8a1f"]
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [10, 4], [1, 3]]
# Light enough for black numbers on all of it: a contrast of 6 and more.
SHADES = ["#f4f8fb", "#bcd9ef", "#4f97cf"]
CONFIG = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "domain": False,
        "grid": False,
        "ticks": False,
        "labelFontSize": 12,
        "titleFontWeight": "normal",
    },
    "legend": {
        "aria": False,
        "labelLimit": 0,
        "symbolType": "stroke",
        "symbolSize": 500,
        "labelFontSize": 12,
        "orient": "bottom",
        "columns": 7,
    },
    "header": {"labelFontSize": 13, "labelFontWeight": "bold", "labelAnchor": "start"},
}
