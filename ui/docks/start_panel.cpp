// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/start_panel.h"

#include "core/lessons/lesson.h"
#include "viz/labels.h"
#include "viz/picture.h"
#include "viz/thumbnail.h"

#include <QFileInfo>
#include <QLocale>
#include <QPainter>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kPicture = 52.0;
constexpr double kPad = 8.0;
constexpr double kLine = 16.0;
constexpr int kSummaryLines = 2;
constexpr int kRecent = 5;

// What a sample looks like: its picture, or the map that it begins with.
QImage pictureOf(const Sample& sample, Monitor& monitor)
{
    const QSize size(128, 128);
    if (sample.study.input.image)
        return QImage(QString::fromStdString(sample.study.input.image->path))
            .scaled(size, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    const std::shared_ptr<const LoadedModel> model = loadModel(sample.study.modelPath, monitor);
    const ComparisonPointer comparison = runStudy(sample.study, *model, nullptr, 1, monitor);
    return headThumbnail(HeadMaps(comparison, sample.study.selection), MapSource{0, {}}, size, sample.study.view,
                         false);
}

}  // namespace

SampleButton::SampleButton(const Sample& sample, Appearance& appearance, QWidget* parent)
    : QAbstractButton(parent), m_sample(sample), m_appearance(appearance)
{
    setObjectName(u"sample."_s + QString::fromStdString(sample.id));
    setText(QString::fromStdString(sample.title));
    setAccessibleDescription(QString::fromStdString(sample.summary));
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void SampleButton::setPicture(const QImage& picture)
{
    m_picture = QPixmap::fromImage(picture);
    update();
}

void SampleButton::setOpen(bool open)
{
    m_open = open;
    setToolTip(open ? tr("Open now") : QString());
    update();
}

QSize SampleButton::sizeHint() const
{
    const int width = qRound(m_appearance.theme().px(240.0));
    return {width, heightForWidth(width)};
}

QStringList SampleButton::linesFor(int width) const
{
    const Theme& theme = m_appearance.theme();
    const double room = width - theme.px(kPicture + 3.0 * kPad);
    return wrapText(QString::fromStdString(m_sample.summary), theme.ui(kTickPixels), room);
}

int SampleButton::heightForWidth(int width) const
{
    const auto lines = std::max<double>(kSummaryLines, static_cast<double>(linesFor(width).size()));
    return qRound(m_appearance.theme().px(std::max(kPicture, (lines + 1.0) * kLine) + kPad));
}

bool SampleButton::event(QEvent* event)
{
    if (event->type() == QEvent::HoverEnter || event->type() == QEvent::HoverLeave)
        update();
    return QAbstractButton::event(event);
}

void SampleButton::paintEvent(QPaintEvent*)
{
    const Theme& theme = m_appearance.theme();
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    const QRectF whole = QRectF(rect()).adjusted(1, 1, -1, -1);
    painter.setPen(hasFocus() ? QPen(theme.accent, 2.0) : QPen(Qt::NoPen));
    painter.setBrush(m_open || underMouse() ? QBrush(theme.accentBg) : QBrush(Qt::NoBrush));
    painter.drawRoundedRect(whole, 4.0, 4.0);
    const QRectF picture(theme.px(kPad), (height() - theme.px(kPicture)) / 2.0, theme.px(kPicture), theme.px(kPicture));
    painter.fillRect(picture, theme.panel);
    if (!m_picture.isNull())
        painter.drawPixmap(picture, m_picture, QRectF(m_picture.rect()));
    painter.setPen(theme.line);
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(picture);
    const double left = picture.right() + theme.px(kPad);
    const QFont title = theme.ui(kLabelPixels, QFont::DemiBold);
    double baseline = theme.px(kPad / 2.0) + QFontMetricsF(title).ascent();
    drawLabel(painter, {left, baseline}, fitText(text(), title, width() - left - theme.px(kPad)), title,
              m_open ? theme.accent : theme.text, theme);
    for (const QString& line : linesFor(width())) {
        baseline += theme.px(kLine);
        drawLabel(painter, {left, baseline}, line, theme.ui(kTickPixels), theme.text2, theme);
    }
}

StartPanel::StartPanel(StudyController& controller, Appearance& appearance, Settings& settings, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance), m_settings(settings)
{
    setObjectName(u"startPanel"_s);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHead());
    for (Section* section : {makeSamples(), makeLessons(), makeTries(), makeRecent()})
        column->addWidget(section);
    column->addStretch(1);
    connect(&controller, &StudyController::modelChanged, this, [this] {
        refreshOpen();
        refreshRecent();
    });
    connect(&controller, &StudyController::runFinished, this, &StartPanel::makePictures);
    refreshRecent();
}

QWidget* StartPanel::makeHead()
{
    auto* head = new QWidget(this);
    auto* hide = makeLink(tr("Hide"), head);
    hide->setToolTip(tr("Help › Start panel brings it back."));
    connect(hide, &QPushButton::clicked, this, &StartPanel::closeWanted);
    auto* title = new QHBoxLayout;
    title->addWidget(makeLabel(tr("Start"), "start", head));
    title->addStretch(1);
    title->addWidget(hide);
    auto* column = new QVBoxLayout(head);
    column->setContentsMargins(14, 12, 14, 10);
    column->addLayout(title);
    QLabel* running = makeLabel(tr("A sample is already running on the right."), "", head);
    running->setWordWrap(true);
    column->addWidget(running);
    column->addSpacing(4);
    column->addWidget(makeDropZone());
    return head;
}

QWidget* StartPanel::makeDropZone()
{
    auto* zone = new QFrame(this);
    zone->setProperty("role", u"drop"_s);
    auto* model = new QPushButton(tr("Open model…"), zone);
    model->setToolTip(tr("A folder with config.json and safetensors. Ctrl+O"));
    auto* file = new QPushButton(tr("Open file…"), zone);
    file->setToolTip(tr("GGUF model, study, run file, captured attention, picture or text. Ctrl+Shift+F"));
    connect(model, &QPushButton::clicked, this, &StartPanel::modelWanted);
    connect(file, &QPushButton::clicked, this, &StartPanel::fileWanted);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(model);
    buttons->addWidget(file);
    buttons->addStretch(1);
    auto* column = new QVBoxLayout(zone);
    column->setContentsMargins(10, 10, 10, 10);
    QLabel* drop = makeLabel(tr("Drop a model, study, text or picture here"), "title", zone);
    QLabel* kinds = makeLabel(tr("model folder · .gguf · .ket · .h5 · .txt · .png"), "hint", zone);
    for (QLabel* label : {drop, kinds}) {
        label->setAlignment(Qt::AlignCenter);
        label->setWordWrap(true);
        column->addWidget(label);
    }
    column->addLayout(buttons);
    return zone;
}

Section* StartPanel::makeSamples()
{
    auto* section = new Section(tr("Samples"), m_appearance, this);
    section->addToTitleRow(makeLabel(tr("included"), "hint", section));
    try {
        for (const Sample& sample : samples()) {
            auto* button = new SampleButton(sample, m_appearance, section);
            connect(button, &QAbstractButton::clicked, this, [this, sample] { emit sampleWanted(sample); });
            section->body()->addWidget(button);
            m_samples.push_back(button);
        }
    } catch (const Error& error) {
        QLabel* problem = makeLabel(QString::fromUtf8(error.what()), "problem", section);
        problem->setWordWrap(true);
        section->body()->addWidget(problem);
    }
    return section;
}

Section* StartPanel::makeLessons()
{
    auto* section = new Section(tr("Lessons"), m_appearance, this);
    section->addToTitleRow(makeLabel(tr("what is open comes back afterwards"), "hint", section));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(10);
    grid->setVerticalSpacing(3);
    try {
        for (const Lesson& lesson : lessons(m_settings.languageOfLessons())) {
            const QString id = QString::fromStdString(lesson.id);
            QPushButton* link = m_lessonLinks[id] = makeLink({}, section);
            link->setObjectName(u"lesson."_s + id);
            connect(link, &QPushButton::clicked, this, [this, id] { emit lessonWanted(id); });
            m_lessonMarks[id] = makeLabel({}, "hint", section);
            const int row = grid->rowCount();
            grid->addWidget(makeLabel(QString::number(lesson.number), "hint", section), row, 0);
            grid->addWidget(link, row, 1, Qt::AlignLeft);
            grid->addWidget(m_lessonMarks[id], row, 2, Qt::AlignRight);
            grid->addWidget(makeLabel(tr("%1 min").arg(lesson.minutes), "hint", section), row, 3, Qt::AlignRight);
        }
        grid->setColumnStretch(1, 1);
    } catch (const Error& error) {
        QLabel* problem = makeLabel(QString::fromUtf8(error.what()), "problem", section);
        problem->setWordWrap(true);
        section->body()->addWidget(problem);
    }
    section->body()->addLayout(grid);
    refreshLessons();
    return section;
}

void StartPanel::refreshLessons()
{
    try {
        for (const Lesson& lesson : lessons(m_settings.languageOfLessons())) {
            const auto link = m_lessonLinks.find(QString::fromStdString(lesson.id));
            if (link == m_lessonLinks.end())
                continue;
            link->second->setText(QString::fromStdString(lesson.title));
            link->second->setToolTip(QString::fromStdString(lesson.summary));
        }
    } catch (const Error&) {
        // Titles stay as they were; what is wrong is said where the lessons are listed and opened.
    }
    const QStringList finished = m_settings.finishedLessons();
    for (const auto& [id, mark] : m_lessonMarks) {
        mark->setText(finished.contains(id) ? tr("✓ done") : tr("new"));
        setRole(*mark, finished.contains(id) ? "good" : "hint");
    }
}

Section* StartPanel::makeTries()
{
    auto* section = new Section(tr("Try"), m_appearance, this);
    const std::pair<QString, QString> tries[] = {{tr("Hover a cell"), tr("it is marked in every map")},
                                                 {tr("Click a row label"), tr("chooses the query")},
                                                 {tr("Drag a slider"), tr("B is computed again as you drag")},
                                                 {tr("Press 2"), tr("entropy and distance of every head")},
                                                 {tr("Type a sentence"), tr("in the Input field, then Enter")}};
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(12);
    int row = 0;
    for (const auto& [act, effect] : tries) {
        grid->addWidget(makeLabel(act, "value", section), row, 0);
        QLabel* what = makeLabel(effect, "", section);
        what->setWordWrap(true);
        grid->addWidget(what, row++, 1);
    }
    grid->setColumnStretch(1, 1);
    section->body()->addLayout(grid);
    return section;
}

Section* StartPanel::makeRecent()
{
    m_recent = new Section(tr("Recent"), m_appearance, this);
    m_recentList = new KeptGrid(*m_recent);
    return m_recent;
}

void StartPanel::refreshRecent()
{
    m_recentList->begin();
    int row = 0;
    for (const QString& path : m_settings.recentFiles().mid(0, kRecent)) {
        const bool there = QFileInfo::exists(path);
        auto* link = m_recentList->widget<QPushButton>(
            row, 0, path,
            [&] {
                QPushButton* made = makeLink(QFileInfo(path).fileName(), m_recentList);
                connect(made, &QPushButton::clicked, this, [this, path] { emit pathWanted(path); });
                return made;
            },
            1, Qt::AlignLeft);
        link->setToolTip(there ? path : tr("%1 is not there any more.").arg(path));
        link->setEnabled(there);
        ++row;
    }
    if (row == 0)
        m_recentList->label(0, 0, tr("What you open is listed here."), "hint");
    m_recentList->end();
}

void StartPanel::refreshOpen()
{
    const std::string& path = m_controller.study().modelPath;
    for (SampleButton* button : m_samples) {
        std::error_code ignored;
        button->setOpen(std::filesystem::equivalent(button->sample().study.modelPath, path, ignored));
    }
}

void StartPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refreshOpen();
    makePictures();
}

// Real maps of the samples, made once, after the first result is on screen.
void StartPanel::makePictures()
{
    if (m_pictured || !isVisible() || !m_controller.comparison())
        return;
    m_pictured = true;
    std::vector<Sample> wanted;
    for (const SampleButton* button : m_samples)
        wanted.push_back(button->sample());
    m_pictures.start([this, wanted](Monitor& monitor) -> Job::Delivery {
        std::vector<QImage> pictures;
        for (const Sample& sample : wanted)
            pictures.push_back(pictureOf(sample, monitor));
        return [this, pictures] {
            for (std::size_t i = 0; i < pictures.size(); ++i)
                m_samples[i]->setPicture(pictures[i]);
        };
    });
}

}  // namespace ketscope
