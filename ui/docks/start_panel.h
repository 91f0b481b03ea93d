// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/samples.h"
#include "ui/appearance.h"
#include "ui/controls/kept_grid.h"
#include "ui/job.h"
#include "ui/settings.h"
#include "ui/study_controller.h"

#include <QAbstractButton>

namespace ketscope {

// A bundled sample in a list: picture, title, and what there is to see.
class SampleButton : public QAbstractButton {
    Q_OBJECT

public:
    SampleButton(const Sample& sample, Appearance& appearance, QWidget* parent);

    const Sample& sample() const { return m_sample; }
    void setPicture(const QImage& picture);
    void setOpen(bool open);  // it is what the window shows now
    QSize sizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    QStringList linesFor(int width) const;

    Sample m_sample;
    Appearance& m_appearance;
    QPixmap m_picture;
    bool m_open = false;
};

// Where to begin: what can be dropped or opened, the samples, what was open before, and what to try.
class StartPanel : public QWidget {
    Q_OBJECT

public:
    StartPanel(StudyController& controller, Appearance& appearance, Settings& settings, QWidget* parent = nullptr);

    void refreshLessons();  // in which language, which are new, which done

signals:
    void modelWanted();
    void fileWanted();
    void sampleWanted(const Sample& sample);
    void pathWanted(const QString& path);
    void lessonWanted(const QString& id);
    void closeWanted();

protected:
    void showEvent(QShowEvent* event) override;

private:
    QWidget* makeHead();
    QWidget* makeDropZone();
    Section* makeSamples();
    Section* makeLessons();
    Section* makeRecent();
    Section* makeTries();
    void refreshRecent();
    void refreshOpen();
    void makePictures();

    StudyController& m_controller;
    Appearance& m_appearance;
    Settings& m_settings;
    std::vector<SampleButton*> m_samples;
    std::map<QString, QPushButton*> m_lessonLinks;
    std::map<QString, QLabel*> m_lessonMarks;
    Section* m_recent = nullptr;
    KeptGrid* m_recentList = nullptr;
    Job m_pictures;
    bool m_pictured = false;
};

}  // namespace ketscope
