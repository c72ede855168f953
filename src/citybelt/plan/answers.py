"""Propositions of the article that the plan answers."""

from citybelt.coverage import Answer

ANSWERS = (
    Answer("P7", "assumed", "plan: reforms against projects"),
    Answer("P28", "computed", "plan: who pays"),
    Answer("P33", "assumed", "plan: reforms against projects"),
    Answer("P52", "computed", "plan: shadow prices"),
    Answer("P60", "computed", "plan: themes as one package"),
    Answer("P65", "assumed", "plan: worlds that turn out otherwise"),
)
