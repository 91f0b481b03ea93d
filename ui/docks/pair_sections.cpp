// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/pair_sections.h"

#include "core/study/token_axis.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QGridLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kRow = 21.0;
constexpr double kNames = 74.0;
constexpr double kValues = 52.0;

QStringList tokenNames(const Comparison& comparison, TokenAxis axis, std::size_t count)
{
    QStringList names;
    for (std::size_t i = 0; i < count; ++i)
        names << QString::fromStdString(printable(axisLabel(comparison.input, axis, i), 200));
    return names;
}

// Fixed decimals where they say something, else powers of ten.
QString numberText(double value)
{
    const double size = std::abs(value);
    if (size != 0.0 && (size < 1e-4 || size >= 1e6))
        return QString::number(value, 'e', 2).replace(u'-', QChar(0x2212));
    return formatNumber(value, size >= 100.0 ? 2 : 4);
}

ChoiceBox* addChoice(QGridLayout& grid, const QString& title, QWidget* parent)
{
    auto* box = new ChoiceBox(parent);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setAccessibleName(title);
    const int row = grid.rowCount();
    grid.addWidget(makeLabel(title, "", parent), row, 0);
    grid.addWidget(box, row, 1);
    return box;
}

void fill(ChoiceBox& box, const QStringList& items, std::size_t chosen)
{
    QStringList now;
    for (int i = 0; i < box.count(); ++i)
        now << box.itemText(i);
    if (now != items) {
        box.clear();
        box.addItems(items);
    }
    box.setCurrentIndex(static_cast<int>(chosen));
}

// Where bars of these scores start: 0, or the least of scores that are all negative.
double startOf(const std::vector<double>& scores)
{
    const bool negative = !scores.empty() && *std::ranges::max_element(scores) <= 0.0;
    return negative ? *std::ranges::min_element(scores) : 0.0;
}

// Below 0 among others above it: hollow.
void paintBar(QPainter& painter, const QRectF& bar, bool hollow, const QColor& colour, const Theme& theme)
{
    painter.fillRect(bar, colour);
    const QRectF inside = bar.adjusted(theme.px(1.5), theme.px(1.5), -theme.px(1.5), -theme.px(1.5));
    if (hollow && inside.width() > 0.0)
        painter.fillRect(inside, theme.panel);
}

QStringList numbered(QStringList names)
{
    for (qsizetype i = 0; i < names.size(); ++i)
        names[i] = QString::number(i) + u"  "_s + names[i];
    return names;
}

QStringList counted(const QString& title, std::size_t count)
{
    QStringList names;
    for (std::size_t i = 0; i < count; ++i)
        names << title.arg(i);
    return names;
}

}  // namespace

PairSection::PairSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Pair"), appearance, parent), m_controller(controller)
{
    auto* grid = new QGridLayout;
    grid->setColumnStretch(1, 1);
    grid->setHorizontalSpacing(10);
    m_query = addChoice(*grid, tr("Query i"), this);
    m_key = addChoice(*grid, tr("Key j"), this);
    m_layer = addChoice(*grid, tr("Layer"), this);
    m_head = addChoice(*grid, tr("Head"), this);
    body()->addLayout(grid);
    for (ChoiceBox* box : {m_query, m_key, m_layer, m_head})
        connect(box, &QComboBox::activated, this, [this] {
            Selection selection = m_controller.selection();
            selection.query = static_cast<std::size_t>(m_query->currentIndex());
            selection.key = static_cast<std::size_t>(m_key->currentIndex());
            selection.layer = static_cast<std::size_t>(m_layer->currentIndex());
            selection.head = static_cast<std::size_t>(m_head->currentIndex());
            m_controller.select(selection);
            refresh();  // a layer whose maps were not kept is not chosen
        });
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::selectionChanged})
        connect(&controller, signal, this, &PairSection::refresh);
    refresh();
}

void PairSection::refresh()
{
    const ComparisonPointer& comparison = m_controller.comparison();
    setEnabled(comparison != nullptr);
    if (!comparison)
        return;
    const Selection& at = comparison->study.selection;
    const StackInfo& stack = comparison->model.stacks.at(at.stack);
    const TensorPointer& map = comparison->traces.front()->stacks.at(at.stack).attention.at(at.layer);
    if (!map)
        return;
    fill(*m_query, numbered(tokenNames(*comparison, stack.queries, map->shape()[1])), at.query);
    fill(*m_key, numbered(tokenNames(*comparison, stack.keys, map->shape()[2])), at.key);
    fill(*m_layer, counted(tr("Layer %1"), stack.layers), at.layer);
    fill(*m_head, counted(tr("Head %1"), stack.heads), at.head);
}

ScoreBars::ScoreBars(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance)
{
    setObjectName(u"scoreBars"_s);
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setAccessibleName(tr("Score of the query with every key"));
    connect(&appearance, &Appearance::changed, this, [this] {
        updateGeometry();
        update();
    });
}

void ScoreBars::show(std::vector<double> scores, QStringList names, std::size_t selected, std::size_t trace)
{
    m_scores = std::move(scores);
    m_names = std::move(names);
    m_selected = selected;
    m_trace = trace;
    if (m_selected < m_scores.size())
        setAccessibleDescription(
            tr("%1: %2").arg(m_names.value(static_cast<qsizetype>(m_selected)), formatNumber(m_scores[m_selected], 4)));
    updateGeometry();
    update();
}

double ScoreBars::rowHeight() const { return m_appearance.theme().px(kRow); }

QSize ScoreBars::sizeHint() const
{
    return {qRound(m_appearance.theme().px(200.0)),
            qRound(rowHeight() * static_cast<double>(std::max<std::size_t>(m_scores.size(), 1)))};
}

void ScoreBars::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme& theme = m_appearance.theme();
    const QFont font = theme.mono(kTickPixels), bold = theme.mono(kTickPixels, QFont::DemiBold);
    // Exponents are all below 0: their bars start at the least of them.
    const double least = startOf(m_scores);
    double largest = 0.0;
    for (const double score : m_scores)
        largest = std::max(largest, std::abs(score - least));
    const double left = theme.px(kNames), room = std::max(0.0, width() - left - theme.px(kValues + 6.0));
    for (std::size_t i = 0; i < m_scores.size(); ++i) {
        const QRectF row(0.0, rowHeight() * static_cast<double>(i), width(), rowHeight());
        const bool selected = i == m_selected;
        if (selected)
            painter.fillRect(row, theme.keyBg);
        const QFont& used = selected ? bold : font;
        const QColor ink = selected ? theme.key : theme.text;
        const double baseline = row.center().y() + QFontMetricsF(used).capHeight() / 2.0;
        drawLabel(painter, {left - theme.px(6.0), baseline},
                  fitText(m_names.value(static_cast<qsizetype>(i)), used, left - theme.px(8.0)), used, ink, theme,
                  Anchor::Right);
        const QRectF ground(left, row.center().y() - theme.px(5.0), room, theme.px(10.0));
        painter.fillRect(ground, theme.line);
        const double share = largest > 0.0 ? std::abs(m_scores[i] - least) / largest : 0.0;
        paintBar(painter, QRectF(ground.topLeft(), QSizeF(room * share, ground.height())),
                 m_scores[i] < 0.0 && least == 0.0, theme.trace(m_trace), theme);
        drawLabel(painter, {width() - theme.px(2.0), baseline}, numberText(m_scores[i]), used, ink, theme,
                  Anchor::Right);
    }
    if (hasFocus()) {
        painter.setPen(QPen(theme.accent, 2.0));
        painter.drawRect(rect().adjusted(1, 1, -1, -1));
    }
}

void ScoreBars::mousePressEvent(QMouseEvent* event)
{
    const auto row = static_cast<std::size_t>(std::max(0.0, event->position().y() / rowHeight()));
    if (row < m_scores.size())
        m_controller.selectCell({}, row);
}

void ScoreBars::keyPressEvent(QKeyEvent* event)
{
    const std::size_t key = m_controller.selection().key;  // what is drawn may still be the one before
    if (event->key() == Qt::Key_Down && key + 1 < m_scores.size())
        return m_controller.selectCell({}, key + 1);
    if (event->key() == Qt::Key_Up && key > 0)
        return m_controller.selectCell({}, key - 1);
    QWidget::keyPressEvent(event);
}

ScoresSection::ScoresSection(PairReader& reader, StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Scores"), appearance, parent), m_reader(reader), m_controller(controller),
      m_bars(new ScoreBars(controller, appearance, this)),
      m_hint(makeLabel(tr("Click a bar to choose the key. Arrow keys move."), "hint", this))
{
    m_hint->setWordWrap(true);
    body()->addWidget(m_bars);
    body()->addWidget(m_hint);
    connect(&reader, &PairReader::changed, this, &ScoresSection::refresh);
    refresh();
}

void ScoresSection::refresh()
{
    const auto& pair = m_reader.pair();
    const ComparisonPointer& comparison = m_controller.comparison();
    m_bars->setVisible(pair && comparison);
    if (!pair || !comparison)
        return;
    const Selection& at = comparison->study.selection;
    const TokenAxis axis = comparison->model.stacks.at(at.stack).keys;
    setTitle(tr("%1 with every key").arg(QString::fromStdString(pair->reading.scoreTitle)));
    const QString how = tr("Click a bar to choose the key. Arrow keys move.");
    const auto& scores = pair->reading.scores;
    const double start = startOf(scores);
    const bool hollow = start == 0.0 && std::ranges::any_of(scores, [](double score) { return score < 0.0; });
    m_hint->setText((start < 0.0 ? tr("Bars start at the least score. ")
                     : hollow    ? tr("Hollow bars are below 0. ")
                                 : QString())
                    + how);
    m_bars->show(pair->reading.scores, tokenNames(*comparison, axis, pair->reading.scores.size()), at.key, pair->trace);
}

FactsSection::FactsSection(What what, PairReader& reader, Appearance& appearance, QWidget* parent)
    : Section(what == What::Arithmetic ? tr("From score to attention") : tr("Result"), appearance, parent),
      m_what(what), m_reader(reader), m_list(new KeptGrid(*this))
{
    m_list->grid().setColumnStretch(0, 1);
    setObjectName(what == What::Arithmetic ? u"pairArithmetic"_s : u"pairResult"_s);
    connect(&reader, &PairReader::changed, this, &FactsSection::refresh);
    refresh();
}

void FactsSection::addFact(int row, const QString& title, const QString& value)
{
    m_list->wrapped(row, 0, title, "");
    QLabel* number = m_list->label(row, 1, value, "value", 1, Qt::AlignRight | Qt::AlignTop);
    number->setTextInteractionFlags(Qt::TextSelectableByMouse);
}

void FactsSection::refresh()
{
    m_list->begin();
    if (const auto& pair = m_reader.pair())
        addFacts(*pair);
    else
        m_list->wrapped(0, 0, m_reader.problem().isEmpty() ? tr("Shown after the first run.") : m_reader.problem(),
                        "hint");
    m_list->end();
}

void FactsSection::addFacts(const SelectedPair& pair)
{
    const auto& facts = m_what == What::Arithmetic ? pair.reading.arithmetic : pair.reading.results;
    int row = 0;
    for (const PairFact& fact : facts) {
        QString value = fact.whole ? QLocale::c().toString(fact.value, 'f', 0) : numberText(fact.value);
        if (fact.error)
            value += tr(" ± %1 (1 SE)").arg(numberText(*fact.error));
        addFact(row++, QString::fromStdString(fact.title), value);
    }
    if (facts.empty())
        addFact(row++, tr("Nothing is prepared or measured: the vectors alone decide."), {});
    for (std::size_t trace = pair.weights.size(); m_what == What::Arithmetic && trace-- > 0;)
        addFact(row++, tr("Attention %1, this cell").arg(QString::fromStdString(traceTag(trace))),
                numberText(pair.weights[trace]));
}

}  // namespace ketscope
