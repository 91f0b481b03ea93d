// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/handout.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "viz/exhibit_figure.h"
#include "viz/handout_pages.h"
#include "viz/labels.h"
#include "viz/theme.h"

#include <QAbstractTextDocumentLayout>
#include <QFile>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QTextDocument>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kMargin = 56.0;
constexpr double kFoot = 30.0;
constexpr double kTallest = 440.0;  // of a figure over the whole width
constexpr double kSmaller = 0.71;   // of a figure that would stack its panels
constexpr double kLine = 26.0;
constexpr double kGap = 16.0;       // between steps, and columns
constexpr int kLines = 2;           // to write on, at least
constexpr int kMostLines = 8;       // where the page has room
constexpr double kMostGap = 40.0;   // likewise, between steps
constexpr int kMostQuestions = 18;  // lines for them, below the answers
constexpr double kText = 13.0;
constexpr int kResolution = 1200;
constexpr double kUnitsPerInch = 96.0;

double innerWidth() { return Handout::kWidth - 2.0 * kMargin; }
double innerHeight() { return Handout::kHeight - 2.0 * kMargin - kFoot; }

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

std::shared_ptr<QTextDocument> documentOf(const QString& markdown, double pixels, double width)
{
    const auto document = std::make_shared<QTextDocument>();
    document->setDocumentMargin(0.0);
    document->setDefaultFont(printTheme().ui(pixels));
    document->setMarkdown(markdown);
    document->setTextWidth(width);
    return document;
}

// What the window shows in this step: an exhibit, or the figure of its perspective.
std::shared_ptr<const Figure> figureOf(const LessonStep& step, const LessonScene& scene)
{
    if (step.exhibit != nullptr)
        return std::make_shared<ExhibitFigure>(*step.exhibit, scene.state);
    const std::pair<const char*, QString> figures[] = {{"entropy", u"head-matrix"_s},
                                                       {"alignment", u"alignment"_s},
                                                       {"quantum", u"pair-amplitudes"_s},
                                                       {"outputs", u"outputs"_s}};
    QString id = step.figures.empty() ? u"heatmap"_s : text(step.figures.front());
    for (const auto& [perspective, figure] : figures)
        if (step.figures.empty() && scene.study.perspective == perspective)
            id = figure;
    return makeFigure(figureType(id), scene.comparison);
}

bool looksAlike(const LessonScene& a, const LessonScene& b)
{
    return a.exhibit == b.exhibit && a.state == b.state && (a.exhibit != nullptr || a.study == b.study);
}

// How a figure is set: over this part of the width, with what is to be done below it, or beside it.
struct FigureSetting {
    double share;
    bool beside;
    double cost;  // in pages: what a reader gives up
};
constexpr FigureSetting kSettings[] = {
    {1.0, false, 0.0}, {0.84, false, 0.1}, {0.7, false, 0.25}, {0.56, true, 0.2}, {0.48, true, 0.35}};

using HandoutBlock = Handout::Block;

HandoutBlock textBlock(const QString& markdown, double pixels, double width, double space)
{
    const auto document = documentOf(markdown, pixels, width);
    return {document->size().height() + space, [document](QPainter& painter, const QRectF& place) {
                painter.save();
                painter.translate(place.topLeft());
                QAbstractTextDocumentLayout::PaintContext context;
                context.palette.setColor(QPalette::Text, printTheme().text);
                document->documentLayout()->draw(&painter, context);
                painter.restore();
            }};
}

// As wide on paper as `width`. What would be taller than its share of a page is laid out wider, and drawn smaller; so
// is what has less than the whole width, where that makes it lower.
HandoutBlock figureBlock(const std::shared_ptr<const Figure>& figure, double width)
{
    const Theme theme = printTheme();
    const double asItIs = figure->heightFor(width, theme);
    const bool lower = width < innerWidth() && figure->heightFor(width / kSmaller, theme) * kSmaller < asItIs;
    const double scale = asItIs > kTallest * width / innerWidth() || lower ? kSmaller : 1.0;
    const double height = figure->heightFor(width / scale, theme);
    return {height * scale + 12.0, [figure, theme, width, height, scale](QPainter& painter, const QRectF& place) {
                painter.save();
                painter.translate(place.topLeft());
                painter.scale(scale, scale);
                figure->paint(painter, QRectF(0.0, 0.0, width / scale, height), theme);
                painter.restore();
            }};
}

HandoutBlock linesBlock(const QString& title, int lines)
{
    return {lines * kLine + 8.0, [title, lines](QPainter& painter, const QRectF& place) {
                const Theme theme = printTheme();
                drawLabel(painter, {place.left(), place.top() + kLine * 0.6}, title, theme.ui(kTickPixels), theme.text3,
                          theme);
                painter.setPen(QPen(theme.line2, 0.7));
                for (int line = 1; line <= lines; ++line)
                    painter.drawLine(QPointF(place.left(), place.top() + line * kLine),
                                     QPointF(place.right(), place.top() + line * kLine));
            }};
}

double heightOf(const std::vector<HandoutBlock>& blocks)
{
    double height = 0.0;
    for (const HandoutBlock& block : blocks)
        height += block.height;
    return height;
}

void paintColumn(QPainter& painter, const std::vector<HandoutBlock>& blocks, QRectF place)
{
    for (const HandoutBlock& block : blocks) {
        place.setHeight(block.height);
        block.paint(painter, place);
        place.moveTop(place.bottom());
    }
}

// Two columns, the left one this wide.
HandoutBlock columnsBlock(std::vector<HandoutBlock> left, double width, std::vector<HandoutBlock> right)
{
    const double height = std::max(heightOf(left), heightOf(right));
    return {height, [left = std::move(left), right = std::move(right), width](QPainter& painter, const QRectF& place) {
                paintColumn(painter, left, {place.left(), place.top(), width, 0.0});
                paintColumn(painter, right, place.adjusted(width + kGap, 0.0, 0.0, 0.0));
            }};
}

// Room that stays free.
void addGap(std::vector<HandoutBlock>& blocks, double height)
{
    blocks.push_back({height, [](QPainter&, const QRectF&) {}});
}

}  // namespace

Handout::Handout(const Lesson& lesson, const std::vector<LessonMoment>& moments)
    : m_lesson(lesson), m_title(said("Lesson %1 · %2").arg(lesson.number).arg(text(lesson.title)))
{
    std::vector<Block> head;
    head.push_back(textBlock(u"**%1**"_s.arg(m_title), 20.0, innerWidth(), 6.0));
    head.push_back(textBlock(said("%1 About %2 minutes.     Name ______________________     Date ____________")
                                 .arg(text(lesson.summary))
                                 .arg(lesson.minutes),
                             kText, innerWidth(), 14.0));
    putSteps(lesson, moments, std::move(head));
    putAnswers(lesson, moments);
}

QString Handout::said(const char* english) const { return text(m_lesson.said(english)); }

// What is to be predicted and done, in a column of this width.
std::vector<Handout::Block> Handout::tasks(const LessonStep& step, double width) const
{
    std::vector<Block> blocks;
    if (step.prediction) {
        QString choices = said("*Predict.* %1").arg(text(step.prediction->question));
        for (const LessonChoice& choice : step.prediction->choices)
            choices += u"   ☐ %1"_s.arg(text(choice.text)).replace(u' ', QChar::Nbsp) + u' ';
        blocks.push_back(textBlock(choices, kText, width, 6.0));
    }
    for (std::size_t i = 0; i < step.instructions.size(); ++i)
        blocks.push_back(textBlock(u"**%1.** %2"_s.arg(i + 1).arg(text(step.instructions[i].text)), kText, width, 3.0));
    return blocks;
}

// A step with its figure set in one way, and `lines` to write on.
std::vector<Handout::Block> Handout::stepBlocks(const StepParts& parts, std::size_t setting, int lines) const
{
    const auto& [share, beside, cost] = kSettings[setting];
    const double width = parts.figure ? innerWidth() * share : innerWidth();
    std::vector<Block> blocks{textBlock(parts.head, kText, innerWidth(), 8.0)};
    const bool aside = parts.figure != nullptr && beside;
    std::vector<Block> below = tasks(*parts.step, aside ? innerWidth() - width - kGap : innerWidth());
    const QString saw = said("What I saw:");
    if (!aside) {
        if (parts.figure)
            blocks.push_back(figureBlock(parts.figure, width));
        std::ranges::move(below, std::back_inserter(blocks));
        blocks.push_back(linesBlock(saw, lines));
        return blocks;
    }
    // Beside a figure the lines go down to its foot.
    const Block figure = figureBlock(parts.figure, width);
    const int room = static_cast<int>((figure.height - heightOf(below) - 8.0) / kLine);
    below.push_back(linesBlock(saw, std::max(lines, std::min(room, kMostLines + 1))));
    blocks.push_back(columnsBlock({figure}, width, std::move(below)));
    return blocks;
}

void Handout::putSteps(const Lesson& lesson, const std::vector<LessonMoment>& moments, std::vector<Block> head)
{
    std::vector<StepParts> steps;
    std::vector<std::vector<SetChoice>> choices;
    for (std::size_t i = 0; i < lesson.steps.size(); ++i) {
        const bool seen = i > 0 && looksAlike(moments.at(i - 1).before, moments.at(i).before);
        const LessonStep& step = lesson.steps[i];
        steps.push_back({&step, u"**%1  %2**\n\n%3"_s.arg(i + 1).arg(text(step.title), text(step.text)),
                         seen ? nullptr : figureOf(step, moments.at(i).before)});
        std::vector<SetChoice>& ways = choices.emplace_back();
        for (std::size_t setting = 0; setting < (seen ? 1 : std::size(kSettings)); ++setting)
            ways.push_back({heightOf(stepBlocks(steps.back(), setting, kLines)) + kGap, kSettings[setting].cost});
    }
    const double room = innerHeight();
    for (const SetPage& page : setPages(choices, room - heightOf(head), room)) {
        std::vector<Block>& blocks = m_pages.emplace_back(std::move(head));
        head.clear();
        const auto count = static_cast<double>(page.choices.size());
        const int more = std::clamp(static_cast<int>(page.left / count / kLine), 0, kMostLines - kLines);
        const double gap = kGap + std::clamp(page.left / count - more * kLine, 0.0, kMostGap - kGap);
        for (std::size_t i = 0; i < page.choices.size(); ++i) {
            std::ranges::move(stepBlocks(steps[page.first + i], page.choices[i], kLines + more),
                              std::back_inserter(blocks));
            addGap(blocks, gap);
        }
    }
}

// What is left of their last page is for questions.
void Handout::putAnswers(const Lesson& lesson, const std::vector<LessonMoment>& moments)
{
    std::vector<Block> head{
        textBlock(u"**%1**"_s.arg(said("Answers, measured with the seeds of the lesson")), 16.0, innerWidth(), 10.0)};
    std::vector<std::vector<Block>> answers;
    std::vector<std::vector<SetChoice>> heights;
    for (std::size_t i = 0; i < lesson.steps.size(); ++i) {
        answers.push_back(answer(lesson.steps[i], moments.at(i), i + 1));
        heights.push_back({{heightOf(answers.back()), 0.0}});
    }
    double left = innerHeight();
    for (const SetPage& page : setPages(heights, innerHeight() - heightOf(head), innerHeight())) {
        std::vector<Block>& blocks = m_pages.emplace_back(std::move(head));
        head.clear();
        for (std::size_t i = 0; i < page.choices.size(); ++i)
            std::ranges::move(answers[page.first + i], std::back_inserter(blocks));
        left = page.left;
    }
    const int lines = std::min(static_cast<int>((left - kGap - 8.0) / kLine), kMostQuestions);
    if (lines < kLines)
        return;
    addGap(m_pages.back(), kGap);
    m_pages.back().push_back(linesBlock(said("Questions that are left:"), lines));
}

std::vector<Handout::Block> Handout::answer(const LessonStep& step, const LessonMoment& moment,
                                            std::size_t number) const
{
    const bool asks = step.title.ends_with('?');
    QString answer = u"**%1  %2%3** "_s.arg(number).arg(text(step.title), asks ? QString() : u"."_s);
    if (step.prediction && !moment.right.empty())
        answer += u"*%1* "_s.arg(text(step.prediction->choices[moment.right.front()].text) + u'.');
    answer += text(filled(step.answer, moment.values));
    std::vector<Block> blocks{textBlock(answer, kText, innerWidth(), 8.0)};
    if (!step.caveat.empty())
        blocks.push_back(
            textBlock(said("*Caveat.* %1").arg(text(filled(step.caveat, moment.values))), kText, innerWidth(), 8.0));
    addGap(blocks, 6.0);
    return blocks;
}

double Handout::used(std::size_t page) const { return heightOf(m_pages.at(page)) / innerHeight(); }

void Handout::paint(QPainter& painter, std::size_t page) const
{
    const Theme theme = printTheme();
    painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
    painter.fillRect(QRectF(0.0, 0.0, kWidth, kHeight), theme.panel);
    paintColumn(painter, m_pages.at(page), {kMargin, kMargin, innerWidth(), 0.0});
    const QFont font = theme.ui(kTickPixels);
    const double baseline = kHeight - kMargin;
    drawLabel(painter, {kMargin, baseline}, u"Ketscope · %1"_s.arg(m_title), font, theme.text3, theme);
    drawLabel(painter, {kWidth - kMargin, baseline}, u"%1 / %2"_s.arg(page + 1).arg(pages()), font, theme.text3, theme,
              Anchor::Right);
}

void writeHandout(const Lesson& lesson, const std::vector<LessonMoment>& moments, const std::filesystem::path& file)
{
    const Handout handout(lesson, moments);
    AtomicFile target(file);
    {
        QPdfWriter writer(QString::fromStdString(target.path().string()));
        writer.setResolution(kResolution);
        writer.setPageSize(QPageSize(QPageSize::A4));
        writer.setPageMargins(QMarginsF());
        writer.setTitle(text(lesson.title));
        writer.setCreator(u"Ketscope "_s + text(versionString()));
        QPainter painter;
        if (!painter.begin(&writer))
            fail({file.string(), "a file that can be written", "an error", "Choose another place."});
        painter.setRenderHint(QPainter::LosslessImageRendering);
        painter.scale(kResolution / kUnitsPerInch, kResolution / kUnitsPerInch);
        for (std::size_t page = 0; page < handout.pages(); ++page) {
            if (page > 0)
                writer.newPage();
            handout.paint(painter, page);
        }
    }
    target.commit();
}

}  // namespace ketscope
