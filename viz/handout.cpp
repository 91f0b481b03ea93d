// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/handout.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "viz/exhibit_figure.h"
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
constexpr double kTallest = 440.0;  // of a figure
constexpr double kWide = 960.0;
constexpr double kLine = 26.0;
constexpr double kText = 13.0;
constexpr int kResolution = 1200;
constexpr double kUnitsPerInch = 96.0;

double innerWidth() { return Handout::kWidth - 2.0 * kMargin; }

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

std::shared_ptr<QTextDocument> documentOf(const QString& markdown, double pixels)
{
    const auto document = std::make_shared<QTextDocument>();
    document->setDocumentMargin(0.0);
    document->setDefaultFont(printTheme().ui(pixels));
    document->setMarkdown(markdown);
    document->setTextWidth(innerWidth());
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

}  // namespace

Handout::Handout(const Lesson& lesson, const std::vector<LessonMoment>& moments)
    : m_lesson(lesson), m_title(said("Lesson %1 · %2").arg(lesson.number).arg(text(lesson.title)))
{
    newPage();
    putText(u"**%1**"_s.arg(m_title), 20.0, 6.0);
    putText(said("%1 About %2 minutes.     Name ______________________     Date ____________")
                .arg(text(lesson.summary))
                .arg(lesson.minutes),
            kText, 14.0);
    for (std::size_t i = 0; i < lesson.steps.size(); ++i)
        putStep(lesson.steps[i], moments.at(i), i == 0 ? nullptr : &moments[i - 1], i + 1);
    putAnswers(lesson, moments);
}

QString Handout::said(const char* english) const { return text(m_lesson.said(english)); }

void Handout::newPage()
{
    m_pages.emplace_back();
    m_left = kHeight - 2.0 * kMargin - kFoot;
}

void Handout::put(Block block)
{
    if (block.height > m_left && !m_pages.back().empty())
        newPage();
    m_left -= block.height;
    m_pages.back().push_back(std::move(block));
}

void Handout::putText(const QString& markdown, double pixels, double space)
{
    const auto document = documentOf(markdown, pixels);
    put({document->size().height() + space, [document](QPainter& painter, const QRectF& place) {
             painter.save();
             painter.translate(place.topLeft());
             QAbstractTextDocumentLayout::PaintContext context;
             context.palette.setColor(QPalette::Text, printTheme().text);
             document->documentLayout()->draw(&painter, context);
             painter.restore();
         }});
}

void Handout::putFigure(const std::shared_ptr<const Figure>& figure)
{
    // What stacks its panels in a narrow place is drawn wider, and smaller.
    const Theme theme = printTheme();
    const bool fits = figure->heightFor(innerWidth(), theme) <= kTallest;
    const double width = fits ? innerWidth() : kWide;
    const double height = figure->heightFor(width, theme), scale = innerWidth() / width;
    put({height * scale + 12.0, [figure, theme, width, height, scale](QPainter& painter, const QRectF& place) {
             painter.save();
             painter.translate(place.topLeft());
             painter.scale(scale, scale);
             figure->paint(painter, QRectF(0.0, 0.0, width, height), theme);
             painter.restore();
         }});
}

void Handout::putLines(const QString& title, int lines)
{
    put({lines * kLine + 8.0, [title, lines](QPainter& painter, const QRectF& place) {
             const Theme theme = printTheme();
             drawLabel(painter, {place.left(), place.top() + kLine * 0.6}, title, theme.ui(kTickPixels), theme.text3,
                       theme);
             painter.setPen(QPen(theme.line2, 0.7));
             for (int line = 1; line <= lines; ++line)
                 painter.drawLine(QPointF(place.left(), place.top() + line * kLine),
                                  QPointF(place.right(), place.top() + line * kLine));
         }});
}

void Handout::putStep(const LessonStep& step, const LessonMoment& moment, const LessonMoment* before,
                      std::size_t number)
{
    const std::shared_ptr<const Figure> figure =
        before != nullptr && looksAlike(before->before, moment.before) ? nullptr : figureOf(step, moment.before);
    const QString head = u"**%1  %2**\n\n%3"_s.arg(number).arg(text(step.title), text(step.text));
    // A heading does not stay alone at the foot of a page.
    const double room = documentOf(head, kText)->size().height()
                        + (figure ? std::min(kTallest, figure->heightFor(innerWidth(), printTheme())) : 3.0 * kLine);
    if (room > m_left && !m_pages.back().empty())
        newPage();
    putText(head, kText, 8.0);
    if (figure)
        putFigure(figure);
    if (step.prediction) {
        QString choices = said("*Predict.* %1").arg(text(step.prediction->question));
        for (const LessonChoice& choice : step.prediction->choices)
            choices += u"   ☐ %1"_s.arg(text(choice.text)).replace(u' ', QChar::Nbsp) + u' ';
        putText(choices, kText, 6.0);
    }
    for (std::size_t i = 0; i < step.instructions.size(); ++i)
        putText(u"**%1.** %2"_s.arg(i + 1).arg(text(step.instructions[i].text)), kText, 3.0);
    putLines(said("What I saw:"), 2);
    put({10.0, [](QPainter&, const QRectF&) {}});
}

void Handout::putAnswers(const Lesson& lesson, const std::vector<LessonMoment>& moments)
{
    newPage();
    putText(u"**%1**"_s.arg(said("Answers, measured with the seeds of the lesson")), 16.0, 10.0);
    for (std::size_t i = 0; i < lesson.steps.size(); ++i) {
        const LessonStep& step = lesson.steps[i];
        const bool asks = step.title.ends_with('?');
        QString answer = u"**%1  %2%3** "_s.arg(i + 1).arg(text(step.title), asks ? QString() : u"."_s);
        if (step.prediction && !moments[i].right.empty())
            answer += u"*%1* "_s.arg(text(step.prediction->choices[moments[i].right.front()].text) + u'.');
        answer += text(filled(step.answer, moments[i].values));
        putText(answer, kText, 8.0);
        if (!step.caveat.empty())
            putText(said("*Caveat.* %1").arg(text(filled(step.caveat, moments[i].values))), kText, 8.0);
    }
}

void Handout::paint(QPainter& painter, std::size_t page) const
{
    const Theme theme = printTheme();
    painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
    painter.fillRect(QRectF(0.0, 0.0, kWidth, kHeight), theme.panel);
    double top = kMargin;
    for (const Block& block : m_pages.at(page)) {
        block.paint(painter, QRectF(kMargin, top, innerWidth(), block.height));
        top += block.height;
    }
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
