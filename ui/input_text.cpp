// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_text.h"

#include "core/base/error.h"

#include <QRegularExpression>
#include <QStringList>

namespace ketscope {

using namespace Qt::StringLiterals;

QString inputText(const Input& input)
{
    if (input.text)
        return QString::fromStdString(*input.text);
    QStringList parts;
    for (const std::string& label : input.labels)
        parts += QString::fromStdString(label);
    for (const std::int32_t id : input.tokenIds)
        parts += QString::number(id);
    return parts.join(u", "_s);
}

namespace {

bool isNumbers(const QString& line)
{
    static const QRegularExpression numbers(u"^[\\d,\\s]+$"_s);
    return numbers.match(line).hasMatch();
}

}  // namespace

Input withText(const Input& before, const QString& line, bool hasTokenizer)
{
    Input input;
    input.image = before.image;
    input.pixelValues = before.pixelValues;
    if (!hasTokenizer || (!before.tokenIds.empty() && isNumbers(line))) {
        input.tokenIds = wholeNumbersIn(line, "token ids");
    } else if (before.labels.empty()) {
        input.text = line.toStdString();
        input.textPair = before.textPair;
    } else {
        input.labelTemplate = before.labelTemplate;
        for (const QString& label : line.split(u',', Qt::SkipEmptyParts))
            input.labels.push_back(label.trimmed().toStdString());
    }
    return input;
}

std::vector<std::int32_t> wholeNumbersIn(const QString& text, const std::string& what)
{
    static const QRegularExpression separators(u"[,\\s]+"_s);
    std::vector<std::int32_t> numbers;
    for (const QString& part : text.split(separators, Qt::SkipEmptyParts)) {
        bool whole = false;
        numbers.push_back(part.toInt(&whole));
        if (!whole)
            refuse(
                {what, "whole numbers, for example 101, 7, 102", "\"" + printable(part.toStdString(), 40) + "\"", ""});
    }
    return numbers;
}

}  // namespace ketscope
