// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settings.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

// Raised whenever the set of docks changes, so that an old layout is not restored onto a new window.
const QString kLayout = u"window/layout1"_s;
const std::array kThemes{u"system"_s, u"light"_s, u"dark"_s};
constexpr int kRecentModels = 8;

template <typename Names> int indexIn(const Names& names, const QString& name)
{
    const auto found = std::ranges::find(names, name);
    return found == names.end() ? 0 : static_cast<int>(found - names.begin());
}

}  // namespace

Settings::Settings() : m_store(QSettings::IniFormat, QSettings::UserScope, u"ketscope"_s, u"ketscope"_s) {}

Settings::Settings(const QString& file) : m_store(file, QSettings::IniFormat) {}

QByteArray Settings::geometry() const { return m_store.value(u"window/geometry"_s).toByteArray(); }

QRect Settings::notesPlace() const { return m_store.value(u"presentation/notes"_s).toRect(); }

void Settings::setNotesPlace(const QRect& place) { m_store.setValue(u"presentation/notes"_s, place); }

QByteArray Settings::windowState() const { return m_store.value(kLayout).toByteArray(); }

void Settings::setWindow(const QByteArray& geometry, const QByteArray& state)
{
    m_store.setValue(u"window/geometry"_s, geometry);
    m_store.setValue(kLayout, state);
}

ThemeChoice Settings::theme() const
{
    return static_cast<ThemeChoice>(indexIn(kThemes, m_store.value(u"view/theme"_s).toString()));
}

void Settings::setTheme(ThemeChoice theme)
{
    m_store.setValue(u"view/theme"_s, kThemes[static_cast<std::size_t>(theme)]);
}

double Settings::textScale() const { return std::clamp(m_store.value(u"view/textScale"_s, 1.0).toDouble(), 0.9, 2.0); }

void Settings::setTextScale(double scale) { m_store.setValue(u"view/textScale"_s, scale); }

ViewSettings Settings::view() const
{
    const std::string text = m_store.value(u"view/look"_s).toString().toStdString();
    if (text.empty())
        return {};
    // What another version or another hand has written there is no reason not to start.
    try {
        return viewFromText(text, "settings");
    } catch (const Error&) {
        return {};
    }
}

void Settings::setView(const ViewSettings& view)
{
    m_store.setValue(u"view/look"_s, QString::fromStdString(toText(view)));
}

bool Settings::runWhileDragging() const { return m_store.value(u"run/whileDragging"_s, true).toBool(); }

void Settings::setRunWhileDragging(bool on) { m_store.setValue(u"run/whileDragging"_s, on); }

QStringList Settings::recentFiles() const { return m_store.value(u"models/recent"_s).toStringList(); }

void Settings::addRecentFile(const QString& folder)
{
    QStringList recent = recentFiles();
    recent.removeAll(folder);
    recent.prepend(folder);
    m_store.setValue(u"models/recent"_s, QStringList(recent.mid(0, kRecentModels)));
}

QStringList Settings::finishedLessons() const { return m_store.value(u"lessons/finished"_s).toStringList(); }

void Settings::addFinishedLesson(const QString& id)
{
    QStringList finished = finishedLessons();
    if (!finished.contains(id))
        m_store.setValue(u"lessons/finished"_s, finished << id);
}

QString Settings::trainingData() const { return m_store.value(u"training/data"_s).toString(); }

void Settings::setTrainingData(const QString& folder) { m_store.setValue(u"training/data"_s, folder); }

QString Settings::lessonLanguage() const { return m_store.value(u"lessons/language"_s).toString(); }

void Settings::setLessonLanguage(const QString& code) { m_store.setValue(u"lessons/language"_s, code); }

std::string Settings::languageOfLessons() const
{
    const QString chosen = lessonLanguage();
    return (chosen.isEmpty() ? QLocale().name().left(2) : chosen).toStdString();
}

ExportChoice Settings::exportChoice() const
{
    ExportChoice choice;
    ExportOptions& options = choice.options;
    choice.format = m_store.value(u"export/format"_s, choice.format).toString();
    choice.folder = m_store.value(u"export/folder"_s).toString();
    options.widthMm = std::clamp(m_store.value(u"export/widthMm"_s, options.widthMm).toDouble(), 20.0, 1000.0);
    options.dpi = std::clamp(m_store.value(u"export/dpi"_s, options.dpi).toDouble(), 36.0, 2400.0);
    options.textPt = std::clamp(m_store.value(u"export/textPt"_s, options.textPt).toDouble(), 4.0, 24.0);
    options.dark = m_store.value(u"export/dark"_s, options.dark).toBool();
    options.caption = m_store.value(u"export/caption"_s, options.caption).toBool();
    options.embedStudy = m_store.value(u"export/embedStudy"_s, options.embedStudy).toBool();
    options.textAsOutlines = m_store.value(u"export/textAsOutlines"_s, options.textAsOutlines).toBool();
    options.values = m_store.value(u"export/values"_s, options.values).toBool();
    options.fontFamily = m_store.value(u"export/font"_s).toString();
    choice.page.crosshair = m_store.value(u"export/crosshair"_s, false).toBool();
    choice.page.letters = m_store.value(u"export/letters"_s, true).toBool();
    choice.page.arrangement =
        static_cast<Arrangement>(indexIn(arrangementNames(), m_store.value(u"export/arrangement"_s).toString()));
    for (const QString& id : m_store.value(u"export/figures"_s).toStringList())
        if (std::ranges::find(figureTypes(), id, &FigureType::id) != figureTypes().end())
            choice.page.figures << id;
    return choice;
}

void Settings::setExportChoice(const ExportChoice& choice)
{
    const ExportOptions& options = choice.options;
    m_store.setValue(u"export/format"_s, choice.format);
    m_store.setValue(u"export/folder"_s, choice.folder);
    m_store.setValue(u"export/widthMm"_s, options.widthMm);
    m_store.setValue(u"export/dpi"_s, options.dpi);
    m_store.setValue(u"export/textPt"_s, options.textPt);
    m_store.setValue(u"export/dark"_s, options.dark);
    m_store.setValue(u"export/caption"_s, options.caption);
    m_store.setValue(u"export/embedStudy"_s, options.embedStudy);
    m_store.setValue(u"export/textAsOutlines"_s, options.textAsOutlines);
    m_store.setValue(u"export/values"_s, options.values);
    m_store.setValue(u"export/font"_s, options.fontFamily);
    m_store.setValue(u"export/crosshair"_s, choice.page.crosshair);
    m_store.setValue(u"export/letters"_s, choice.page.letters);
    m_store.setValue(u"export/arrangement"_s, arrangementNames()[static_cast<int>(choice.page.arrangement)]);
    m_store.setValue(u"export/figures"_s, choice.page.figures);
}

}  // namespace ketscope
