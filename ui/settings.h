// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/study.h"
#include "viz/composition.h"
#include "viz/export.h"

#include <QByteArray>
#include <QRect>
#include <QSettings>
#include <QStringList>

namespace ketscope {

enum class ThemeChoice { System, Light, Dark };

// How the last figure was exported.
struct ExportChoice {
    QString format = QStringLiteral("pdf");
    QString folder;  // empty = the user's documents
    ExportOptions options;
    PageContents page{QStringList()};  // no figures = never exported
};

// Everything remembered between sessions, by name and type. Owned by whoever starts the window.
class Settings {
public:
    Settings();  // the user's own
    explicit Settings(const QString& file);

    QByteArray geometry() const;
    QByteArray windowState() const;
    void setWindow(const QByteArray& geometry, const QByteArray& state);

    QRect notesPlace() const;  // of the presenter's window; null = it was never open
    void setNotesPlace(const QRect& place);

    ThemeChoice theme() const;
    void setTheme(ThemeChoice theme);
    double textScale() const;  // 0.9 … 2.0
    void setTextScale(double scale);

    ViewSettings view() const;
    void setView(const ViewSettings& view);
    bool runWhileDragging() const;
    void setRunWhileDragging(bool on);

    QStringList recentFiles() const;  // newest first, at most eight
    void addRecentFile(const QString& folder);

    QStringList finishedLessons() const;  // their ids
    void addFinishedLesson(const QString& id);

    QString trainingData() const;  // folder with the data of recipes; empty = where they say
    void setTrainingData(const QString& folder);

    QString lessonLanguage() const;  // its code; empty = the system's
    void setLessonLanguage(const QString& code);
    std::string languageOfLessons() const;  // that, or the system's

    ExportChoice exportChoice() const;
    void setExportChoice(const ExportChoice& choice);

private:
    QSettings m_store;
};

}  // namespace ketscope
