// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/fuzzy_match.h"

#include <QStringList>

#include <algorithm>

namespace ketscope {

namespace {

constexpr int kWhole = 100;     // the word is there in one piece
constexpr int kBeginning = 60;  // and a word begins with it
constexpr int kPhrase = 5000;   // all that was typed is there in one piece
constexpr int kLetter = 4;      // in pieces: a letter at the beginning of a word
constexpr int kBeside = 3;      // or after the one before

bool beginsWord(const QString& text, qsizetype at) { return at == 0 || !text[at - 1].isLetterOrNumber(); }

std::optional<int> matchWord(const QString& word, const QString& text)
{
    std::optional<int> best;
    for (qsizetype at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
        best = std::max(best.value_or(0), kWhole + (beginsWord(text, at) ? kBeginning : 0));
    if (best)
        return best;
    int score = 0;
    qsizetype from = 0;
    for (const QChar letter : word) {
        const qsizetype at = text.indexOf(letter, from);
        if (at < 0)
            return {};
        score += at == from && from > 0 ? kBeside : beginsWord(text, at) ? kLetter : 0;
        from = at + 1;
    }
    return score;
}

}  // namespace

std::optional<int> fuzzyMatch(const QString& typed, const QString& text)
{
    const QString lower = text.toLower();
    int score = lower.contains(typed.trimmed().toLower()) ? kPhrase : 0;
    for (const QString& word : typed.toLower().split(u' ', Qt::SkipEmptyParts)) {
        const auto found = matchWord(word, lower);
        if (!found)
            return {};
        score += *found * 100;
    }
    return score - static_cast<int>(std::min<qsizetype>(text.size(), 99));
}

}  // namespace ketscope
