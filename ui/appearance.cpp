// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/appearance.h"

#include <QApplication>
#include <QStyleFactory>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

// Placeholders: @name is a colour of the theme, #n# a length in pixels at 100 %.
const QString kStyleSheet = uR"(
QWidget { font-size: #12#px; }
QMainWindow, QDialog { background: @panel2; }
QToolTip { background: @chip; color: @text; border: 1px solid @line2; padding: #3#px; }
QToolBar, QMenuBar, QStatusBar { background: @panel2; border: none; }
QToolBar { border-top: 1px solid @line; border-bottom: 1px solid @line; padding: #4#px #8#px; spacing: #8#px; }
QMenuBar { padding: #3#px #6#px; }
QMenuBar::item { padding: #2#px #8#px; background: transparent; border-radius: #3#px; }
QMenuBar::item:selected { background: @accentBg; color: @accent; }
QStatusBar { border-top: 1px solid @line; }
QStatusBar::item { border: none; }
QMainWindow::separator { background: @line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: @accent; }
QDockWidget > QWidget, QScrollArea, QScrollArea > QWidget > QWidget { background: @panel2; border: none; }
QSplitter::handle { background: @line; }
QSplitter::handle:hover { background: @accent; }
QLabel { color: @text2; background: transparent; }
QLabel[role="title"] { color: @text; font-size: #13#px; font-weight: 600; }
QLabel[role="page"] { color: @text; font-size: #14#px; font-weight: 600; }
QLabel[role="value"] { color: @text; }
QLabel[role="hint"] { color: @text3; font-size: #11#px; }
QLabel[role="mono"] { color: @text; font-family: "@mono"; }
QLabel[role="stale"] { color: @text3; font-family: "@mono"; }
QLabel[role="problem"] { color: @error; }
QLabel[role="start"] { color: @text; font-size: #18#px; font-weight: 600; }
QLabel[role="warning"] { color: @warn; }
QLabel[role="good"] { color: @ok; }
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit {
  background: @chip; border: 1px solid @line2; border-radius: #4#px; padding: #3#px #6#px;
  selection-background-color: @accent; selection-color: @panel; min-height: #16#px; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus {
  border: 2px solid @accent; padding: #2#px #5#px; }
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QPlainTextEdit:disabled {
  border-color: @line; }
QLineEdit[invalid="true"] { border: 2px solid @error; }
QComboBox { padding-right: #20#px; }
QComboBox::drop-down { border: none; width: #20#px; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView { background: @chip; color: @text; border: 1px solid @line2; outline: none;
  selection-background-color: @accentBg; selection-color: @accent; }
QPushButton { background: @chip; color: @text; border: 1px solid @line2; border-radius: #4#px;
  padding: #3#px #10#px; min-height: #16#px; }
QPushButton:hover { background: @accentBg; }
QPushButton:focus { border: 2px solid @accent; padding: #2#px #9#px; }
QPushButton:disabled { color: @text3; border-color: @line; }
QPushButton[role="primary"] { background: @accent; color: @panel; border-color: @accent; font-weight: 600; }
QPushButton[role="primary"]:focus { border: 2px solid @text; }
QPushButton[role="primary"]:disabled { background: @line; color: @text3; border-color: @line; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QPushButton[role="menu"]::menu-indicator { image: none; }
QPushButton[role="link"] { background: transparent; color: @accent; border: none; padding: 0 #2#px; min-height: #16#px; }
QPushButton[role="link"]:focus { border: 2px solid @accent; }
QPushButton[role="link"]:disabled { color: @text3; }
QPushButton[role="segment"] { border-radius: 0; border-left-width: 0; padding: #2#px #8#px; min-height: #15#px; color: @text2; }
QPushButton[role="segment"][first="true"] { border-left: 1px solid @line2; border-top-left-radius: #4#px;
  border-bottom-left-radius: #4#px; }
QPushButton[role="segment"][last="true"] { border-top-right-radius: #4#px; border-bottom-right-radius: #4#px; }
QPushButton[role="segment"]:checked { background: @accentBg; color: @accent; font-weight: 600; }
QPushButton[role="segment"]:disabled { color: @line2; }
QPushButton[role="segment"]:focus { border: 2px solid @accent; padding: #1#px #7#px; }
QCheckBox { color: @text; spacing: #8#px; }
QCheckBox:disabled { color: @text3; }
QCheckBox::indicator { width: #14#px; height: #14#px; border: 1px solid @line2; border-radius: #3#px; background: @chip; }
QCheckBox::indicator:checked { background: @accent; border-color: @accent; }
QCheckBox::indicator:checked:disabled { background: @line2; border-color: @line2; }
QCheckBox:focus { outline: none; color: @accent; }
QRadioButton { color: @text; spacing: #8#px; }
QRadioButton:disabled { color: @text2; }
QRadioButton::indicator { width: #15#px; height: #15#px; border: 1px solid @line2; border-radius: #8#px; background: @chip; }
QRadioButton::indicator:checked { width: #8#px; height: #8#px; border: #4#px solid @accent; border-radius: #7#px; }
QRadioButton:focus { color: @accent; }
QLabel[role="lesson"] { color: @text; font-size: #16#px; font-weight: 600; }
QLabel[role="read"] { color: @text; font-size: #13#px; }
QLabel[role="hintText"] { color: @text2; font-size: #13#px; }
QLabel[role="answer"] { color: @text; font-size: #13#px; background: @accentBg; border-radius: #4#px; padding: #8#px #10#px; }
QLabel[role="caveat"] { color: @text; font-size: #13#px; background: @panel2; border-left: #3#px solid @warn;
  padding: #8#px #10#px; }
QFrame[role="aside"] { background: @panel2; border: 1px solid @line; border-radius: #4#px; }
QScrollBar:vertical { background: transparent; width: #10#px; }
QScrollBar:horizontal { background: transparent; height: #10#px; }
QScrollBar::handle { background: @line2; border-radius: #3#px; margin: #2#px; min-height: #24#px; min-width: #24#px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QTabBar::tab { background: @panel2; color: @text2; padding: #5#px #12#px; border-bottom: 2px solid @line; }
QTabBar::tab:selected { color: @accent; border-bottom: 2px solid @accent; font-weight: 600; }
QProgressBar { background: @line; border: none; border-radius: #3#px; max-height: #6#px; }
QProgressBar::chunk { background: @accent; border-radius: #3#px; }
QListWidget { background: @chip; color: @text; border: 1px solid @line2; border-radius: #4#px; outline: none; }
QListWidget::item:selected { background: @accentBg; color: @text; }
QListWidget::item:disabled { color: @text3; }
QListWidget#panels::item { min-height: #20#px; border: none; }
QListWidget:focus { border: 2px solid @accent; }
QListView::indicator { width: #14#px; height: #14#px; border: 1px solid @line2; border-radius: #3#px; background: @chip; }
QListView::indicator:checked { background: @accent; border-color: @accent; }
QListView::indicator:disabled { background: @panel2; }
QTextBrowser { background: @panel; color: @text; border: none; }
/* The border is as wide without the focus, so that nothing stands over it. */
QTableWidget { background: @panel; color: @text; border: 2px solid @panel; gridline-color: @line; outline: none; }
QTableWidget::item:selected { background: @accentBg; color: @text; }
QTableWidget:focus { border: 2px solid @accent; }
QHeaderView { background: @panel; border: none; }
QHeaderView::section { background: @panel; color: @text2; border: none; border-bottom: 1px solid @line; padding: #3#px 3px; }
QWidget[ground="panel"] { background: @panel; }
QWidget[ground="panel2"] { background: @panel2; }
QWidget[ground="bg"] { background: @bg; }
QFrame[role="drop"] { background: @panel2; border: 1px dashed @line2; border-radius: #4#px; }
QFrame[role="popover"] { background: @panel; border: 1px solid @line2; }
QFrame[role="popover"] QScrollArea, QFrame[role="popover"] QScrollArea > QWidget > QWidget { background: @panel; }
QPushButton[role="explain"] { border-radius: #10#px; padding: 0; min-width: #20#px; max-width: #20#px; min-height: #20#px;
  max-height: #20#px; font-weight: 600; color: @text2; }
QPushButton[role="explain"]:focus { padding: 0; }
QFrame[role="separator"] { background: @line; border: none; }
QFrame[role="error"] { background: @errorBg; border: none; border-bottom: 1px solid @error; }
QFrame[role="error"] QLabel { color: @error; }
QFrame[role="notice"] { background: @panel2; border: none; border-bottom: 1px solid @line; }
QFrame[role="notice"] QLabel { color: @warn; }
)"_s;

struct NamedColour {
    QString name;
    QColor Theme::*colour;
};

// Longer names before their prefixes.
const std::vector<NamedColour>& namedColours()
{
    static const std::vector<NamedColour> all = {
        {u"@accentBg"_s, &Theme::accentBg}, {u"@accent"_s, &Theme::accent}, {u"@errorBg"_s, &Theme::errorBg},
        {u"@error"_s, &Theme::error},       {u"@panel2"_s, &Theme::panel2}, {u"@panel"_s, &Theme::panel},
        {u"@line2"_s, &Theme::line2},       {u"@line"_s, &Theme::line},     {u"@text2"_s, &Theme::text2},
        {u"@text3"_s, &Theme::text3},       {u"@text"_s, &Theme::text},     {u"@chip"_s, &Theme::chip},
        {u"@warn"_s, &Theme::warn},         {u"@bg"_s, &Theme::bg},         {u"@ok"_s, &Theme::ok},
    };
    return all;
}

}  // namespace

QPalette paletteOf(const Theme& theme)
{
    QPalette palette;
    const std::pair<QPalette::ColorRole, QColor> roles[] = {
        {QPalette::Window, theme.panel2},
        {QPalette::WindowText, theme.text},
        {QPalette::Base, theme.chip},
        {QPalette::AlternateBase, theme.panel2},
        {QPalette::Text, theme.text},
        {QPalette::Button, theme.panel2},
        {QPalette::ButtonText, theme.text},
        {QPalette::BrightText, theme.error},
        {QPalette::Highlight, theme.accent},
        {QPalette::HighlightedText, theme.panel},
        {QPalette::ToolTipBase, theme.chip},
        {QPalette::ToolTipText, theme.text},
        {QPalette::Link, theme.accent},
        {QPalette::LinkVisited, theme.accent},
        {QPalette::PlaceholderText, theme.text3},
        {QPalette::Mid, theme.line2},
        {QPalette::Light, theme.chip},
        {QPalette::Dark, theme.line2},
    };
    for (const auto& [role, colour] : roles)
        palette.setColor(role, colour);
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, theme.text3);
    return palette;
}

QString styleSheetOf(const Theme& theme)
{
    QString sheet = kStyleSheet;
    for (const NamedColour& named : namedColours())
        sheet.replace(named.name, (theme.*named.colour).name());
    sheet.replace(u"@mono"_s, theme.monoFamily);
    static const QRegularExpression length(u"#(\\d+)#"_s);
    for (auto match = length.match(sheet); match.hasMatch(); match = length.match(sheet, match.capturedStart())) {
        const QString pixels = QString::number(qRound(theme.px(match.captured(1).toDouble())));
        sheet.replace(match.capturedStart(), match.capturedLength(), pixels);
    }
    return sheet;
}

Appearance::Appearance(Settings& settings, QObject* parent)
    : QObject(parent), m_settings(settings), m_systemDark(QGuiApplication::palette().window().color().lightness() < 128)
{
    QApplication::setStyle(QStyleFactory::create(u"Fusion"_s));
    apply();
}

ThemeChoice Appearance::choice() const { return m_settings.theme(); }

void Appearance::setChoice(ThemeChoice choice)
{
    m_settings.setTheme(choice);
    apply();
}

void Appearance::setTextScale(double scale)
{
    m_settings.setTextScale(std::clamp(scale / m_factor, 0.9, 2.0));
    apply();
}

void Appearance::setFactor(double factor)
{
    m_factor = factor;
    apply();
}

void Appearance::apply()
{
    const bool dark = choice() == ThemeChoice::Dark || (choice() == ThemeChoice::System && m_systemDark);
    const double scale = std::min(2.0, m_settings.textScale() * m_factor);
    m_theme = dark ? darkTheme(scale) : lightTheme(scale);
    QApplication::setPalette(paletteOf(m_theme));
    QApplication::setFont(m_theme.ui(12));
    qApp->setStyleSheet(styleSheetOf(m_theme));
    emit changed();
}

}  // namespace ketscope
