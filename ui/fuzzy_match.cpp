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

// Pairs of neighbouring letters that two words share, over all that they have (Dice's coefficient), 0 … 1.
double pairLikeness(const QString& a, const QString& b)
{
    QStringList left, right;
    for (const auto& [word, pairs] : {std::pair(&a, &left), std::pair(&b, &right)})
        for (qsizetype at = 0; at + 1 < word->size(); ++at)
            *pairs << word->mid(at, 2);
    const qsizetype all = left.size() + right.size();
    qsizetype shared = 0;
    for (const QString& pair : left)
        shared += right.removeOne(pair) ? 1 : 0;
    return all == 0 ? 0.0 : 2.0 * static_cast<double>(shared) / static_cast<double>(all);
}

}  // namespace

double wordLikeness(const QString& typed, const QString& text)
{
    const QStringList words = typed.toLower().split(u' ', Qt::SkipEmptyParts);
    const QStringList others = text.toLower().split(u' ', Qt::SkipEmptyParts);
    double sum = 0.0;
    for (const QString& word : words) {
        double best = 0.0;
        for (const QString& other : others)
            best = std::max(best, pairLikeness(word, other));
        sum += best;
    }
    return words.isEmpty() ? 0.0 : sum / static_cast<double>(words.size());
}

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
