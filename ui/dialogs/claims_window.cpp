// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/claims_window.h"

#include "core/base/error.h"
#include "ui/controls/controls.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QStyledItemDelegate>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kLeastColumn = 180.0;
constexpr double kSideBySide = 900.0;
constexpr int kSteps = 1000;  // of the progress bar

// A number and its sign stay on one line.
QString shown(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())).replace(u" %"_s, u"\u00A0%"_s);
}
QString escaped(std::string_view text) { return shown(text).toHtmlEscaped(); }

QColor colourOf(Verdict verdict, const Theme& theme)
{
    switch (verdict) {
    case Verdict::Holds: return theme.ok;
    case Verdict::Artefact: return theme.warn;
    case Verdict::DoesNotHold: return theme.error;
    default: return theme.text2;
    }
}

QString quantityRows(const ClaimFindings& findings, const Theme& theme)
{
    QString rows;
    for (const ClaimQuantity& quantity : findings.quantities) {
        ClaimQuantity measured = quantity;
        measured.published.reset();
        const QString unit = quantity.unit.empty() ? QString() : u' ' + escaped(quantity.unit);
        rows += u"<tr><td style='padding: 3px 10px 3px 0; color: %1'>%2</td>"
                "<td style='padding: 3px 10px 3px 0'>%3<br><span style='color: %4'>%5</span></td>"
                "<td style='padding: 3px 10px 3px 0'><b>%6</b></td><td style='padding: 3px 0'>%7</td></tr>"_s.arg(
                    theme.text2.name(), escaped(roleTitle(quantity.role)), escaped(quantity.name), theme.text3.name(),
                    escaped(quantity.scope), escaped(quantityText(measured)),
                    quantity.published ? QString::number(*quantity.published, 'g', 10) + unit : u"–"_s);
    }
    return rows;
}

QString detailsHtml(const Claim& claim, const ClaimResult* result, const Theme& theme)
{
    const auto part = [&](const QString& title, std::string_view text) {
        return u"<p style='margin: 10px 0 0 0; color: %1'>%2</p><p style='margin: 2px 0 0 0'>%3</p>"_s.arg(
            theme.text2.name(), title, escaped(text));
    };
    QString html = u"<p style='margin: 0; color: %1'>%2</p><p style='margin: 2px 0 0 0'><b>%3</b></p>"_s.arg(
        theme.text2.name(),
        ClaimsWindow::tr("Claim %1 · %2 · %3")
            .arg(claim.number)
            .arg(escaped(claim.source), escaped(kindTitle(claim.kind))),
        escaped(claim.text));
    if (result != nullptr)
        html += u"<p style='margin: 10px 0 0 0'><b style='color: %1'>%2</b> <span style='color: %3'>%4</span></p>"
                "<p style='margin: 2px 0 0 0'>%5</p>"_s.arg(
                    colourOf(result->verdict, theme).name(), verdictTag(result->verdict), theme.text3.name(),
                    escaped(verdictHelp(result->verdict)), escaped(result->findings.conclusion));
    html += part(ClaimsWindow::tr("Experiment"), claim.experiment);
    html += part(ClaimsWindow::tr("Where the number comes from"), claim.explanation);
    if (result == nullptr)
        return html
               + u"<p style='margin: 10px 0 0 0; color: %1'>%2</p>"_s.arg(
                   theme.text3.name(), ClaimsWindow::tr("Not measured yet. Run this row, or all of them."));
    html += u"<p style='margin: 12px 0 2px 0; color: %1'>%2</p><table width='100%'><tr style='color: %1'>"
            "<td width='16%'>%3</td><td width='48%'>%4</td><td width='22%'>%5</td><td>%6</td></tr>%7</table>"_s.arg(
                theme.text2.name(),
                ClaimsWindow::tr("Measured, with 95 % intervals, in %1 s").arg(result->seconds, 0, 'f', 1),
                ClaimsWindow::tr("Of"), ClaimsWindow::tr("Quantity and scope"), ClaimsWindow::tr("Here"),
                ClaimsWindow::tr("Published"), quantityRows(result->findings, theme));
    return html;
}

// Room between the lines of the table and its texts.
class RoomyCell : public QStyledItemDelegate {
public:
    RoomyCell(const Appearance& appearance, QObject* parent) : QStyledItemDelegate(parent), m_appearance(appearance) {}

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        QStyleOptionViewItem inside = option;
        if (option.state.testFlag(QStyle::State_Selected))
            painter->fillRect(option.rect, m_appearance.theme().accentBg);
        inside.rect = option.rect.marginsRemoved(margins());
        QStyledItemDelegate::paint(painter, inside, index);
    }

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        QStyleOptionViewItem inside = option;
        inside.rect = option.rect.marginsRemoved(margins());
        return QStyledItemDelegate::sizeHint(inside, index).grownBy(margins());
    }

private:
    QMargins margins() const
    {
        const int side = qRound(m_appearance.theme().px(4)), above = qRound(m_appearance.theme().px(3));
        return {side, above, side, above};
    }

    const Appearance& m_appearance;
};

}  // namespace

QString verdictTag(Verdict verdict)
{
    const QString title = shown(verdictTitle(verdict));
    switch (verdict) {
    case Verdict::Holds: return u"✓ "_s + title;
    case Verdict::Artefact: return u"≠ "_s + title;
    case Verdict::DoesNotHold: return u"✗ "_s + title;
    case Verdict::Open: return u"? "_s + title;
    case Verdict::NothingClaimed: break;
    }
    return u"– "_s + title;
}

QString headlineOf(const ClaimFindings& findings)
{
    const auto& all = findings.quantities;
    // Of the claim itself rather than of what stands beside it for scale.
    const auto isOwn = [](const ClaimQuantity& each) { return each.role != QuantityRole::Baseline; };
    auto found =
        std::ranges::find_if(all, [&](const ClaimQuantity& each) { return each.published.has_value() && isOwn(each); });
    if (found == all.end())
        found = std::ranges::find_if(all, isOwn);
    if (found == all.end())
        found = all.begin();
    return found == all.end() ? QString() : shown(found->name) + u": "_s + shown(quantityText(*found));
}

ClaimsWindow::ClaimsWindow(Appearance& appearance, QWidget* parent) : QDialog(parent), m_appearance(appearance)
{
    setObjectName(u"claimsWindow"_s);
    setWindowTitle(tr("Claims"));
    m_splitter = new QSplitter(Qt::Horizontal, this);
    m_splitter->addWidget(makeList());
    m_splitter->addWidget(makeDetails());
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
    m_splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 10, 12, 10);
    column->setSpacing(8);
    auto* about = makeWrappedLabel("hint", this);
    about->setText(
        tr("What the source projects say, measured again with this program. “As published” runs their code’s "
           "behaviour, faults included; verdicts follow from the numbers."));
    column->addWidget(about);
    column->addWidget(m_splitter, 1);
    column->addLayout(makeFooter());
    for (const Claim& each : claims())
        refreshRow(each.number);
    connect(&m_job, &Job::progressed, this, [this](double fraction, const QString& what) {
        m_progress->setValue(qRound(fraction * kSteps));
        m_status->setText(what);
    });
    for (const auto signal : {&Job::started, &Job::finished, &Job::cancelled})
        connect(&m_job, signal, this, &ClaimsWindow::refreshButtons);
    connect(&m_job, &Job::cancelled, this, [this] { m_status->setText(tr("Stopped. What was measured stays.")); });
    connect(&m_job, &Job::failed, this, [this](const QString& message) {
        refreshButtons();
        m_status->setText(message);
    });
    connect(&m_appearance, &Appearance::changed, this, &ClaimsWindow::applyTheme);
    choose(1);
    applyTheme();
    refreshButtons();
}

QWidget* ClaimsWindow::makeList()
{
    m_list = new QTableWidget(static_cast<int>(claims().size()), Columns, this);
    m_list->setObjectName(u"claims"_s);
    m_list->setAccessibleName(tr("Published claims"));
    m_list->setHorizontalHeaderLabels({tr("No."), tr("Source"), tr("Claim"), tr("Verdict"), tr("Measured here, 95 %")});
    m_list->setItemDelegate(new RoomyCell(m_appearance, m_list));
    m_list->verticalHeader()->hide();
    m_list->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_list->setSelectionMode(QAbstractItemView::SingleSelection);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setTabKeyNavigation(false);
    m_list->setWordWrap(true);
    m_list->setShowGrid(true);
    m_list->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    for (int row = 0; row < m_list->rowCount(); ++row)
        for (int column = 0; column < Columns; ++column)
            m_list->setItem(row, column, new QTableWidgetItem);
    m_list->viewport()->installEventFilter(this);
    m_list->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    // Rows are as high as their text in columns of this width.
    m_fit.setSingleShot(true);
    connect(&m_fit, &QTimer::timeout, m_list, &QTableWidget::resizeRowsToContents);
    connect(m_list->horizontalHeader(), &QHeaderView::sectionResized, this, [this] { m_fit.start(0); });
    connect(m_list, &QTableWidget::currentCellChanged, this, &ClaimsWindow::refreshDetails);
    connect(m_list, &QTableWidget::cellActivated, this, [this] { run({chosen()}); });
    return m_list;
}

QWidget* ClaimsWindow::makeDetails()
{
    auto* side = new QWidget(this);
    m_details = new QTextBrowser(side);
    m_details->setObjectName(u"claimDetails"_s);
    m_details->setAccessibleName(tr("The chosen claim"));
    m_details->document()->setDocumentMargin(12);
    m_runOne = new QPushButton(tr("&Run this row"), side);
    m_runOne->setObjectName(u"runClaim"_s);
    m_open = new QPushButton(tr("&Open study"), side);
    m_open->setObjectName(u"openClaimStudy"_s);
    m_open->setToolTip(tr("Opens a sample with the mechanisms of this claim in the main window"));
    connect(m_runOne, &QPushButton::clicked, this, [this] { run({chosen()}); });
    connect(m_open, &QPushButton::clicked, this, &ClaimsWindow::openStudy);
    auto* row = new QHBoxLayout;
    row->addWidget(m_runOne);
    row->addWidget(m_open);
    row->addStretch(1);
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_details, 1);
    column->addLayout(row);
    return side;
}

QLayout* ClaimsWindow::makeFooter()
{
    m_runAll = new QPushButton(tr("Run &all"), this);
    m_runAll->setObjectName(u"runClaims"_s);
    setRole(*m_runAll, "primary");
    m_stop = new QPushButton(tr("&Stop"), this);
    m_stop->setObjectName(u"stopClaims"_s);
    m_copy = new QPushButton(tr("&Copy table"), this);
    m_copy->setObjectName(u"copyClaims"_s);
    m_copy->setToolTip(tr("All that was measured, as tab-separated values"));
    m_progress = new QProgressBar(this);
    m_progress->setRange(0, kSteps);
    m_progress->setTextVisible(false);
    m_status = new ElidedLabel("hint", this);
    m_status->setObjectName(u"claimsStatus"_s);
    auto* close = new QPushButton(tr("Close"), this);
    for (QPushButton* each : {m_runAll, m_stop, m_copy, close, m_runOne, m_open})
        each->setAutoDefault(false);
    connect(m_runAll, &QPushButton::clicked, this, [this] {
        std::vector<int> numbers;
        for (const Claim& each : claims())
            numbers.push_back(each.number);
        run(numbers);
    });
    connect(m_stop, &QPushButton::clicked, &m_job, &Job::cancel);
    connect(m_copy, &QPushButton::clicked, this, &ClaimsWindow::copyTable);
    connect(close, &QPushButton::clicked, this, &QDialog::hide);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_runAll);
    row->addWidget(m_stop);
    row->addWidget(m_progress, 1);
    row->addWidget(m_status, 2);
    row->addWidget(m_copy);
    row->addWidget(close);
    return row;
}

void ClaimsWindow::run(const std::vector<int>& numbers)
{
    m_progress->setValue(0);
    m_job.start([this, numbers, budget = m_budget](Monitor& monitor) -> Job::Delivery {
        measureClaims(numbers, budget, monitor, [this](const Claim& each, const ClaimResult& result) {
            // Shown as soon as it is known, also when the rest is stopped.
            QMetaObject::invokeMethod(
                this, [this, number = each.number, result] { take(number, result); }, Qt::QueuedConnection);
        });
        return [this, count = numbers.size()] {
            m_progress->setValue(kSteps);
            m_status->setText(count == 1 ? tr("Measured.") : tr("All %1 rows are measured.").arg(count));
        };
    });
}

void ClaimsWindow::take(int number, const ClaimResult& result)
{
    m_results[number] = result;
    refreshRow(number);
    if (number == chosen())
        refreshDetails();
    refreshButtons();
}

void ClaimsWindow::refreshRow(int number)
{
    const Claim& each = claim(number);
    const auto found = m_results.find(number);
    const ClaimResult* result = found == m_results.end() ? nullptr : &found->second;
    const int row = number - 1;
    m_list->item(row, Number)->setText(QString::number(number));
    m_list->item(row, Source)->setText(shown(each.source));
    m_list->item(row, Statement)->setText(shown(each.text));
    m_list->item(row, Found)->setText(result == nullptr ? tr("not measured") : verdictTag(result->verdict));
    m_list->item(row, Found)
        ->setForeground(result == nullptr ? m_appearance.theme().text3
                                          : colourOf(result->verdict, m_appearance.theme()));
    m_list->item(row, Measured)->setText(result == nullptr ? QString() : headlineOf(result->findings));
    m_fit.start(0);
}

void ClaimsWindow::refreshDetails()
{
    const int number = chosen();
    const auto found = m_results.find(number);
    m_details->setHtml(
        detailsHtml(claim(number), found == m_results.end() ? nullptr : &found->second, m_appearance.theme()));
    m_details->verticalScrollBar()->setValue(0);
}

void ClaimsWindow::refreshButtons()
{
    const bool busy = m_job.isRunning();
    m_runAll->setEnabled(!busy);
    m_runOne->setEnabled(!busy);
    m_stop->setEnabled(busy);
    m_progress->setVisible(busy);
    m_copy->setEnabled(!m_results.empty());
}

void ClaimsWindow::applyTheme()
{
    arrange();
    for (const Claim& each : claims())
        refreshRow(each.number);
    refreshDetails();
    m_fit.start(0);
}

// Claim and measurement share what the others leave, but never too little to read: then the table scrolls.
void ClaimsWindow::fitColumns()
{
    const double unit = m_appearance.theme().px(1);
    m_list->setColumnWidth(Number, qRound(46 * unit));
    m_list->setColumnWidth(Source, qRound(116 * unit));
    m_list->setColumnWidth(Found, qRound(126 * unit));
    const int rest = m_list->viewport()->width() - qRound(288 * unit);
    for (const int column : {Statement, Measured})
        m_list->setColumnWidth(column, std::max(qRound(kLeastColumn * unit), rest / 2));
    m_fit.start(0);
}

// Where there is little room beside the list, the details stand below it.
void ClaimsWindow::arrange()
{
    m_splitter->setOrientation(width() < m_appearance.theme().px(kSideBySide) ? Qt::Vertical : Qt::Horizontal);
    fitColumns();
}

void ClaimsWindow::resizeEvent(QResizeEvent* event)
{
    QDialog::resizeEvent(event);
    arrange();
}

bool ClaimsWindow::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Resize && watched == m_list->viewport())
        fitColumns();
    return QDialog::eventFilter(watched, event);
}

void ClaimsWindow::choose(int number) { m_list->setCurrentCell(number - 1, Statement); }

int ClaimsWindow::chosen() const { return std::max(0, m_list->currentRow()) + 1; }

void ClaimsWindow::openStudy()
{
    try {
        emit studyWanted(claim(chosen()).study());
    } catch (const Error& error) {
        m_status->setText(QString::fromUtf8(error.what()));
    }
}

void ClaimsWindow::copyTable() const
{
    std::vector<std::pair<const Claim*, const ClaimResult*>> rows;
    for (const Claim& each : claims()) {
        const auto found = m_results.find(each.number);
        rows.emplace_back(&each, found == m_results.end() ? nullptr : &found->second);
    }
    QApplication::clipboard()->setText(QString::fromStdString(claimsAsTsv(rows)));
}

// Esc stops what runs, else closes; Ctrl+C copies the table unless text is marked.
void ClaimsWindow::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape && m_job.isRunning())
        m_job.cancel();
    else if (event->matches(QKeySequence::Copy))
        copyTable();
    else
        QDialog::keyPressEvent(event);
}

}  // namespace ketscope
